"""As if a package with one entry point were installed."""

from importlib.metadata import EntryPoint, EntryPoints

from robosim.lookup import installed


def install(monkeypatch, name: str, value: str, group: str, thing: object = None) -> None:
    """`thing` is what the entry point loads; None: what stands at `value`."""

    class Entry(EntryPoint):
        def load(self) -> object:
            return super().load() if thing is None else thing

    entries = EntryPoints([Entry(name, value, group)])
    monkeypatch.setattr(installed, "_read", lambda group, folders: entries.select(group=group))

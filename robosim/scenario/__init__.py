"""World files: TOML text → a checked `WorldFile`, or every error at once, as `file:line: section.key: message (fix)`.

`loading.load_scenario` is the way in; what each kind of world adds stands in its own room.
"""

"""The programs that agents run: one algorithm (with its coordinator) per file, and the selfish deviations from it."""

if __name__ != "robosim.controllers":  # a second import path would make second, different classes
    raise ImportError("import robosim.controllers, not controllers (the folder is mapped into the package)")

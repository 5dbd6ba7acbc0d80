"""Nothing here is collected: the distribution is tested where it is installed, by tests/test_fifth_kind.py."""

collect_ignore_glob = ["*"]

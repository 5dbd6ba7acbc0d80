"""A browser without a window for all tests of pages, and what it did: requests, errors, scripts that ran."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--window-size=1200,900",
)  # fmt: skip
WEB = ("http:", "https:", "ws:", "wss:", "ftp:", "file:", "blob:")


class Browser:
    """Chromium with a page open."""

    def __init__(self, profile: str) -> None:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.binary_location = str(shutil.which("chromium"))
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(str(shutil.which("chromedriver"))))
        self.driver.get("about:blank")

    def open(self, path: Path) -> list[str]:
        """Open a file in an empty log; the addresses that were asked for beside it."""
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        self.driver.get(path.absolute().as_uri())
        return self.requests(path)

    def requests(self, path: Path) -> list[str]:
        """Addresses asked for since the log was read, those of the browser's own pages and of the file apart."""
        events = [json.loads(row["message"])["message"] for row in self.driver.get_log("performance")]
        asked = [row["params"]["request"]["url"] for row in events if row["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if url.startswith(WEB) and url != path.absolute().as_uri()]

    def complaints(self) -> list[str]:
        """What stands in the console: errors, and what the page's own policy refused."""
        return [row["message"] for row in self.driver.get_log("browser")]

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns that the test brings."""
        return self.driver.execute_script(script, *arguments)

    def media(self, kind: str = "", **features: str) -> None:
        """Pretend a taste of the user's, such as prefers_color_scheme="dark", or another medium than a screen."""
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind, "features": named})


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for all tests. Skips loudly where Debian's chromium and its driver, or selenium, are not there."""
    pytest.importorskip("selenium", reason="LOUD: no selenium, pages are not opened (pip install selenium)")
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("LOUD: no chromium with its driver, pages are not opened (scripts/system as root)")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        found = Browser(profile)
        yield found
        found.driver.quit()

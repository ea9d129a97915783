"""Which Chromium the browser tests use; `python -m tests.chromium` sees to it that there is one.

Order: $MOTCUA_CHROMIUM, the system's, Playwright's own. Exit code 1 with a sentence where none is to be had: a browser
test is never skipped.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from playwright.sync_api import sync_playwright

__all__ = ["launched"]

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# No calls home, and it starts in containers and as root.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """The path of a Chromium, or None where there is none."""
    named = os.environ.get("MOTCUA_CHROMIUM")
    if named:
        return shutil.which(named)
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    with ThreadPoolExecutor(1) as thread:  # Playwright's plain interface refuses a thread that runs an event loop
        own = thread.submit(playwrights_own).result()
    return own if Path(own).exists() else None


@asynccontextmanager
async def launched(*flags: str) -> AsyncIterator[Browser]:
    """A running Chromium, with these flags besides ours. Raises FileNotFoundError where there is none."""
    path = chromium()
    if path is None:
        raise FileNotFoundError("no Chromium; run: python -m tests.chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])
        yield browser
        await browser.close()


def playwrights_own() -> str:
    """Where Playwright would put its own Chromium."""
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def installed_by(command: list[str]) -> bool:
    """Runs one step of an installation and says whether it went well; its output is shown only when it did not."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
    if done.returncode:
        print("\n".join((done.stdout + done.stderr).splitlines()[-5:]), file=sys.stderr, flush=True)
    return done.returncode == 0


def main() -> int:
    found = chromium()
    if found is None:
        print("Installing Chromium for the browser tests", flush=True)
        apt = shutil.which("apt-get")
        if apt and os.geteuid() == 0:
            installed_by([apt, "-q", "update"])
            installed_by([apt, "-q", "-y", "--no-install-recommends", "install", "chromium"])
        if chromium() is None:
            installed_by([sys.executable, "-m", "playwright", "install", "chromium"])
        found = chromium()
    if found is None:
        print("The browser tests need Chromium. Debian: apt-get install chromium", file=sys.stderr)
        print("One that lies elsewhere is named by MOTCUA_CHROMIUM.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

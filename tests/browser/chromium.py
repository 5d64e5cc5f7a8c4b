"""Which Chromium the browser tests, the browser benchmark and the screenshots drive.

`python -m tests.browser.chromium` makes sure there is one, installing it if it can.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

# The shell is Chromium without the window around a page: tests of components took a fifth less time with it.
NAMES = [
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
]
MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
MISSING = "no Chromium was found; install one: apt-get install chromium, or playwright install chromium"

FLAGS = [
    "--no-sandbox",  # containers run as root, where the sandbox refuses to start
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing but this machine is reached
]

# All pages of a context share a process, in which what an earlier one compiled lies ready: opening one takes a third
# less of the processor. Not for a visit that is to be timed.
ONE_PROCESS = "--renderer-process-limit=1"


def find() -> str | None:
    """Path of a Chromium or Chrome that starts: one on the PATH, else the one Playwright downloaded.

    Call it outside `sync_playwright()`, which cannot be nested.
    """
    for candidate in [*map(shutil.which, NAMES), MAC_CHROME]:
        if candidate is not None and _starts(candidate):
            return candidate
    with sync_playwright() as playwright:
        downloaded = playwright.chromium.executable_path
    return downloaded if _starts(downloaded) else None


def launch(playwright: Playwright, executable: str, *more: str) -> Browser:
    """A headless browser with an empty profile of its own, started with the usual flags and some `more`."""
    return playwright.chromium.launch(executable_path=executable, args=[*FLAGS, *more])


def required() -> bool:
    """Whether a missing browser is a failure rather than a reason to skip: yes under CI=true."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def _starts(executable: str) -> bool:
    # Ubuntu's `chromium` package is a stub that only asks for snap, so being there isn't enough.
    if not Path(executable).exists():
        return False
    try:
        return subprocess.run([executable, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _install() -> None:
    if sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["install", "-y", "-qq", "--no-install-recommends"]
        for command in (["update", "-qq"], [*install, "chromium-headless-shell"], [*install, "chromium"]):
            subprocess.run(["apt-get", *command], env=environment, stdin=subprocess.DEVNULL, check=False)
            if find():
                return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """Finds or installs a browser; 1 if there is none and there has to be one."""
    if find():
        return 0
    print("No Chromium found: installing one.", flush=True)
    _install()
    if find():
        return 0
    print(MISSING if required() else f"Browser tests will be skipped: {MISSING}", file=sys.stderr)
    return int(required())


if __name__ == "__main__":
    sys.exit(main())

"""A Chromium for the browser tests: the one found, or Debian's where this user may install it.

`python -m deploy.bootstrap.browser` prints its path, or nothing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "chromium")


def find() -> Path | None:
    """Path of a Chrome or Chromium on PATH."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None


def may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def require() -> Path | None:
    """The browser, installed by apt where that is allowed; None where there is none to be had."""
    if find() is None and may_install():
        quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")  # noqa: TID251  (runs before settings exist)
        for command in (("apt-get", "update"), INSTALL):
            subprocess.run(command, env=quiet, stdout=sys.stderr, check=False)
    return find()


if __name__ == "__main__":
    print(require() or "")

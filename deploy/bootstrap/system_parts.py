"""Programs that no Python package brings, put in by apt where this user may: the tests use what there is.

Without them the tests that need one skip and say so in their last lines.
"""

import os
import shutil
import subprocess
import sys

from deploy.bootstrap import browser

# Program on PATH → Debian packages that bring it.
PARTS = {
    "tesseract": ("tesseract-ocr", "tesseract-ocr-eng", "tesseract-ocr-deu"),
    "promtool": ("prometheus",),
}
QUIET = ("-y", "-qq", "--no-install-recommends")


def missing() -> list[str]:
    """Debian packages whose program is not on PATH."""
    return [
        package for program, packages in PARTS.items() if not shutil.which(program) for package in packages
    ]


def install() -> None:
    """Install what is missing, if this user may; what cannot be had is left out without an error."""
    packages = missing()
    if not packages or not browser.may_install():
        return
    # Runlevel 1 keeps a package from starting its service (Prometheus has one).
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")  # noqa: TID251  (no settings yet)
    for command in (("apt-get", "update", "-qq"), ("apt-get", "install", *QUIET, *packages)):
        subprocess.run(command, env=quiet, stdout=sys.stderr, check=False)


if __name__ == "__main__":
    install()

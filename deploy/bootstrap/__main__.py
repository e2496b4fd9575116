"""The way in: `python3 -m deploy.bootstrap`. Kept readable by old Pythons, so that they get a sentence."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (that is the point of the check)
    sys.exit("Python 3.11 to 3.13 is needed, this one is older: try `make run PYTHON=python3.11`")

from deploy.bootstrap import command

sys.exit(command.main(sys.argv[1:]))

"""A GGUF file back to bf16 safetensors. The quantize environment does it, for only it can read the format.

What was lost when the file was made stays lost: the label says so, and every report repeats it.
"""

import json
import subprocess
from pathlib import Path

from services import errors
from services.engine import launch
from services.settings import QUIET, inherited_environment

SCRIPTS = Path(__file__).parents[2] / "deploy" / "quantize"
RESTORE = SCRIPTS / "restore.py"


def recipe() -> str:
    """Digest of the script that restores, for the lock."""
    return launch.sha256_of(RESTORE)


def restore(python: Path | None, file: Path, output: Path) -> str:
    """Write the model of `file` into `output`; returns the label of its earlier loss."""
    interpreter = require_python(python)
    if not file.is_file():
        raise errors.NotFound(f"{file}: there is no such file")
    command = [str(interpreter), str(RESTORE), str(file.absolute()), str(output)]
    done = subprocess.run(
        command, env=inherited_environment() | QUIET, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise errors.InvalidRequest(f"{file.name} cannot be restored: {last}")
    kinds: dict[str, int] = json.loads(done.stdout.strip().splitlines()[-1])
    told = ", ".join(f"{count} tensors {kind}" for kind, count in sorted(kinds.items()))
    return f"restored from GGUF ({told}); what that form lost stays lost"


def require_python(python: Path | None) -> Path:
    """The quantize environment's interpreter; errors.InvalidRequest where none is named."""
    if python is None or not python.is_file():
        raise errors.InvalidRequest(
            "this needs the quantize environment: `python3 -m deploy.bootstrap build quantize`, then name "
            "its interpreter in HOLDFAST_RELEASE__QUANTIZE_PYTHON"
        )
    return python

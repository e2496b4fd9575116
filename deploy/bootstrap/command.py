"""`python3 -m deploy.bootstrap`: build what is missing, then become the program that was asked for.

build NAME...                    environments by name, `web`, `model`
up [OPTION...]                   everything, then `holdfast up`
run ENVIRONMENT WORD...          a command in an environment, from the checkout
measure ENVIRONMENT WORD...      the same with --engine-python, --lock and --models added
check-web                        lint and tests of the page
"""

import argparse
import os
import sys
from collections.abc import Mapping

from deploy.bootstrap import cache
from deploy.bootstrap.environments import ROOT
from deploy.bootstrap.preparing import ENGINE_OF, Preparing
from deploy.bootstrap.progress import StageFailed
from services.engine import probe


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.bootstrap", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("task", choices=("build", "up", "run", "measure", "check-web"))
    parser.add_argument("words", nargs=argparse.REMAINDER)
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """Exit status of the task; where it ends in a program, that program's."""
    options = parse(words)
    try:
        return _do(options, dict(os.environ))  # noqa: TID251  (runs before settings exist)
    except (StageFailed, probe.NoUsableDevice) as problem:
        print(problem, file=sys.stderr)
    except KeyboardInterrupt:
        print("\nstopped; the next start goes on from here", file=sys.stderr)
    return 1


def _do(options: argparse.Namespace, inherited: Mapping[str, str]) -> int:
    choice = probe.choose_device(options.device, probe.probe_gpus)
    preparing = Preparing(cache.root_of(inherited), choice.device, inherited)
    task, words = options.task, options.words
    if task == "build":
        preparing.prepare([ENGINE_OF[choice.device] if name == "engine" else name for name in words])
    elif task == "check-web":
        preparing.check_web()
    elif task == "up":
        print(f"engine on {choice.device}: {choice.reason}", flush=True)
        preparing.prepare(["product", ENGINE_OF[choice.device], "web", "model"])
        _become(
            preparing,
            "product",
            ["python", "-m", "services.cli", "up", *preparing.places().options(), *words],
        )
    else:
        name, *command = words
        preparing.prepare([name])
        added = preparing.places().options() if task == "measure" else []
        _become(preparing, name, [*command, *added])
    return 0


def _become(preparing: Preparing, name: str, command: list[str]) -> None:
    """Replace this process by `command`, its first word looked for in the environment before PATH."""
    folder = preparing.python(name).parent
    variables = dict(preparing.inherited) | {
        "PATH": f"{folder}{os.pathsep}{preparing.inherited.get('PATH', os.defpath)}",
        "PYTHONPATH": str(ROOT),
    }
    quantize = preparing.python("quantize")
    if cache.is_finished(quantize.parents[1]):
        variables.setdefault("HOLDFAST_RELEASE__QUANTIZE_PYTHON", str(quantize))
    if preparing.demo.files() is not None:
        variables |= preparing.places().variables()
    own = folder / command[0]
    program = str(own) if own.exists() else command[0]
    sys.stdout.flush()
    os.execvpe(program, [program, *command[1:]], variables)  # noqa: S606  (no shell is wanted)

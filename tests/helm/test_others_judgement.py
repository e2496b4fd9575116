"""What others say of the render: checkov's rules, and the models of the custom resources' own makers."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.bootstrap import kubernetes_tools
from deploy.bootstrap.environments import python_of
from deploy.bootstrap.progress import StageFailed
from tests.helm import renders

# What checkov asks for and the chart does not do, each with its reason.
NOT_DONE = {
    "CKV_K8S_11": "no CPU limits: throttled, a parser or a tokenizer holds up everything behind it",
    "CKV_K8S_15": "images are pulled when absent: a release names them by version or digest",
    "CKV_K8S_35": "the product reads its secrets from variables; files would need another reader",
    "CKV_K8S_43": "no image is published, so no digest is known here; `requireDigests` asks for them",
}
JUDGED = ("air-gapped", "cpu-only")
FOR_PODS_THAT_END = {"CKV_K8S_8", "CKV_K8S_9"}  # probes; the test's pod ends by itself
ROUND_TRIP = """
import json, sys
from cloudcoil.models import keda, prometheus_operator
from cloudcoil.models.keda import v1alpha1 as keda_models
from cloudcoil.models.prometheus_operator import v1 as prometheus_models
for given in json.load(sys.stdin):
    room = keda_models if given["apiVersion"].startswith("keda") else prometheus_models
    model = getattr(room, given["kind"])
    again = model.model_validate(given).model_dump(mode="json", by_alias=True, exclude_unset=True)
    if again != given:
        sys.exit(f"{given['kind']}: {given} became {again}")
    print(given["kind"])
"""


@pytest.fixture(scope="module")
def chart_python() -> Path:
    """Interpreter of the environment that holds checkov; built now where it is missing."""
    inherited = dict(os.environ)  # noqa: TID251  (where pip finds its index)
    try:
        return python_of(kubernetes_tools.builder_for(inherited).require("chart"))
    except StageFailed as problem:
        pytest.skip(f"the chart environment cannot be built: {problem}")


@pytest.fixture(scope="module")
def report(chart_python, tmp_path_factory) -> dict[str, Any]:
    """What checkov says of all judged profiles in one run: it takes longer to start than to judge."""
    folder = tmp_path_factory.mktemp("rendered")
    for profile in JUDGED:
        (folder / f"{profile}.yaml").write_text(yaml.safe_dump_all(renders.rendered("helm-3", profile)))
    command = [chart_python, chart_python.with_name("checkov"), "--framework", "kubernetes"]
    options = ["--skip-download", "--compact", "--output", "json", "--directory", folder]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=240)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("profile", JUDGED)
def test_checkov_finds_only_what_is_not_done_on_purpose(report, profile):
    passed, failed = (
        {
            (each["check_id"], each["resource"])
            for each in report["results"][kind]
            if each["file_path"] == f"/{profile}.yaml"
        }
        for kind in ("passed_checks", "failed_checks")
    )
    excused = {
        (check, name) for check, name in failed if check in FOR_PODS_THAT_END and name.startswith("Pod.")
    }
    assert {(check, name) for check, name in failed - excused if check not in NOT_DONE} == set()
    assert len(passed) > 500
    assert ("CKV_K8S_43" in {check for check, _ in failed}) is (profile != "air-gapped")


def test_custom_resources_are_what_their_makers_models_read(chart_python):
    words = (
        "--set",
        "autoscaling.kind=keda",
        "--set",
        "autoscaling.prometheusAddress=http://prometheus:9090",
    )
    objects = [
        *renders.rendered("helm-3", "high-availability"),
        *renders.rendered(
            "helm-3", "one-gpu", renders.VERSIONS[-1], *words, "--set", "metrics.serviceMonitor=true"
        ),
    ]
    custom = [
        each for each in objects if each["apiVersion"] in ("keda.sh/v1alpha1", "monitoring.coreos.com/v1")
    ]
    done = subprocess.run(
        [chart_python, "-c", ROUND_TRIP],
        input=json.dumps(custom),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert {"ScaledObject", "TriggerAuthentication", "ServiceMonitor"} <= set(done.stdout.split())

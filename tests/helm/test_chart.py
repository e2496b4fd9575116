"""The chart under real Helm 3.17 and 4.2, every profile, Kubernetes 1.29 to 1.37."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

from deploy.airgap import __main__ as airgap
from deploy.bootstrap import kubernetes_tools
from deploy.chart import __main__ as chart
from deploy.chart import images, values_file
from services import metrics as product_metrics
from services.engine import memory
from services.settings import QUIET, Settings
from tests.helm import policy, reachability, renders, strict_schemas
from tests.helm.renders import CHART, HELMS, MATRIX, PROFILES
from tests.quality import figures

CUSTOM = {"keda.sh/v1alpha1", "monitoring.coreos.com/v1"}
COMMAND = "pytest tests/helm/test_chart.py"


@pytest.fixture(scope="module")
def all_renders():
    """Every profile by each Helm, for the newest Kubernetes."""
    return {(helm, profile): renders.rendered(helm, profile) for helm in HELMS for profile in PROFILES}


@pytest.mark.parametrize("helm", HELMS)
@pytest.mark.parametrize("profile", PROFILES)
def test_lint_finds_nothing(helm, profile):
    done = renders.run(helm, "lint", "--strict", str(CHART), *renders.words_for(profile))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("helm", "profile", "version"), MATRIX)
def test_every_object_fits_the_strict_schema(helm, profile, version):
    objects = renders.rendered(helm, profile, version)
    for each in objects:
        if each["apiVersion"] not in CUSTOM:
            strict_schemas.validate(each, version)
    assert len(objects) > 25


def test_both_helms_render_the_same(all_renders):
    for profile in PROFILES:
        ours, theirs = (_without_secrets(all_renders[helm, profile]) for helm in HELMS)
        assert ours == theirs, profile


def _without_secrets(objects):
    """In the order of kinds and names; generated secrets differ by design."""
    kept = [each for each in objects if each["kind"] != "Secret"]
    return sorted(kept, key=lambda each: (each["kind"], each["metadata"]["name"]))


def test_every_pod_keeps_the_whole_row_and_nothing_reaches_what_the_table_does_not_say(all_renders):
    pods = [
        (profile, name, row)
        for (_, profile), objects in all_renders.items()
        for name, row in policy.rows(objects)
    ]
    broken = [
        f"{profile}/{name}: {rule}" for profile, name, row in pods for rule, holds in row.items() if not holds
    ]
    full = sum(all(row.values()) for _, _, row in pods)
    readme = (CHART / "README.md").read_text()
    wrong = [
        f"{profile}: {each}"
        for (_, profile), objects in all_renders.items()
        for each in reachability.mismatches(objects, readme)
    ]
    figures.write(
        "helm",
        [
            figures.share("pods_full_policy_row", full, len(pods), "= 1", COMMAND),
            figures.Figure(
                "reachability_mismatches", len(wrong), "", "= 0", COMMAND, f"of {len(PROFILES)} profiles"
            ),
        ],
    )
    assert broken == []
    assert wrong == []
    assert len(pods) > 60


def test_a_policy_that_lets_more_in_is_seen(all_renders):
    objects = json.loads(json.dumps(all_renders["helm-3", "one-gpu"]))
    chroma = next(
        each
        for each in objects
        if each["metadata"]["name"] == "holdfast-chroma" and "ingress" in each["spec"]
    )
    chroma["spec"]["ingress"][0]["from"].append({"namespaceSelector": {}})
    wrong = reachability.mismatches(objects, (CHART / "README.md").read_text())
    assert any(each.startswith("cluster → chroma") for each in wrong)


@pytest.mark.parametrize("rule", ["read-only root", "no token", "sized scratch", "probes that differ"])
def test_a_pod_that_breaks_a_rule_is_seen(all_renders, rule):
    objects = json.loads(json.dumps(all_renders["helm-3", "one-gpu"]))
    api = next(
        each
        for each in objects
        if each["kind"] == "Deployment" and each["metadata"]["name"] == "holdfast-api"
    )
    spec = api["spec"]["template"]["spec"]
    container = spec["containers"][0]
    container["securityContext"]["readOnlyRootFilesystem"] = False
    container["livenessProbe"] = container["readinessProbe"]
    spec["automountServiceAccountToken"] = True
    next(each for each in spec["volumes"] if "emptyDir" in each)["emptyDir"] = {}
    assert dict(policy.rows(objects))["holdfast-api"][rule] is False


@pytest.mark.parametrize("profile", PROFILES)
def test_every_object_has_namespace_labels_and_a_name_of_the_release(all_renders, profile):
    for each in all_renders["helm-3", profile]:
        metadata = each["metadata"]
        assert metadata["namespace"] == renders.NAMESPACE
        assert metadata["name"].startswith("holdfast")
        assert metadata["labels"]["app.kubernetes.io/instance"] == "holdfast"


@pytest.mark.parametrize("profile", PROFILES)
def test_what_pods_refer_to_is_there_or_named_by_the_user(all_renders, profile):
    objects = all_renders["helm-3", profile]
    made = {(each["kind"], each["metadata"]["name"]) for each in objects}
    given = set(re.findall(r"[\w-]+", (CHART / "ci" / f"{profile}.yaml").read_text()))
    for name, spec in images.pod_specs(objects):
        for kind, wanted in _referred(spec):
            assert (kind, wanted) in made or wanted in given, f"{name} wants {kind} {wanted}"


def _referred(spec):
    kinds = {"configMap": ("ConfigMap", "name"), "secret": ("Secret", "secretName")}
    for volume in spec.get("volumes", []):
        for key, (kind, field) in kinds.items():
            if key in volume:
                yield kind, volume[key][field]
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
    for container in images.containers(spec):
        for each in container.get("envFrom", []):
            yield "ConfigMap", each["configMapRef"]["name"]
        for each in container.get("env", []):
            if "valueFrom" in each:
                yield "Secret", each["valueFrom"]["secretKeyRef"]["name"]
        mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
        assert mounted <= {volume["name"] for volume in spec.get("volumes", [])} | {"data"}
    yield "ServiceAccount", spec["serviceAccountName"]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_product_accepts_the_settings_it_is_given(all_renders, profile, monkeypatch):
    objects = all_renders["helm-3", profile]
    config = next(each["data"] for each in objects if each["metadata"]["name"] == "holdfast-settings")
    secrets = {
        "HOLDFAST_SECRET_KEY": "k" * 48,
        "HOLDFAST_ENGINE__API_KEY": "k",
        "HOLDFAST_DATABASE__URL": "postgresql+psycopg://holdfast:k@db:5432/holdfast",
        "HOLDFAST_QUEUE__URL": "redis://:k@redis:6379/0",
    }
    for name, value in (config | secrets).items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.mode == "production"
    assert settings.cookies_are_secure
    assert str(settings.release_lock) == "/release/release.toml"
    assert settings.engine.url == "http://holdfast-engine:8001/v1"
    known = {name for name in config if name.startswith("HOLDFAST_")}
    unknown = [name for name in known if not _is_a_setting(name)]
    assert unknown == []
    assert QUIET.items() <= config.items()


def _is_a_setting(name):
    """Whether the variable names a field: unknown ones would be ignored without a word."""
    fields, path = Settings.model_fields, name.removeprefix("HOLDFAST_").lower().split("__")
    for part in path[:-1]:
        if part not in fields:
            return False
        fields = fields[part].annotation.model_fields
    return path[-1] in fields


def test_numbers_lists_and_truths_arrive_as_they_were_meant(monkeypatch):
    words = [
        *("--set", "config.files.max_upload_bytes=314572800"),
        *("--set", "config.answers.policy=flag"),
        *("--set", "config.allow_bare_model=true"),
        *("--set-json", "config.ingestion.lease_s=12.5"),
        *("--set-json", 'config.outbound.sources=["wiki.example.com:443=10.1.2.0/24"]'),
    ]
    objects = renders.rendered("helm-3", "one-gpu", renders.VERSIONS[-1], *words)
    config = next(each["data"] for each in objects if each["metadata"]["name"] == "holdfast-settings")
    for name, value in config.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOLDFAST_MODE", "embedded")
    settings = Settings()
    assert settings.files.max_upload_bytes == 314572800
    assert settings.answers.policy == "flag"
    assert settings.allow_bare_model
    assert settings.ingestion.lease_s == 12.5
    assert settings.outbound.sources == ("wiki.example.com:443=10.1.2.0/24",)
    places = reachability.ends(objects)
    wiki, neighbour = reachability.End(address="10.1.2.3"), reachability.End(address="10.1.3.3")
    assert reachability.can_reach(objects, places["worker"], wiki, 443)
    assert not reachability.can_reach(objects, places["worker"], wiki, 80)
    assert not reachability.can_reach(objects, places["worker"], neighbour, 443)
    assert not reachability.can_reach(objects, places["upkeep"], wiki, 443)


def test_an_outbound_host_without_a_network_opens_public_addresses_only():
    words = ("--set-json", 'config.outbound.sign_in=["login.example.com"]')
    objects = renders.rendered("helm-3", "one-gpu", renders.VERSIONS[-1], *words)
    places = reachability.ends(objects)
    for address, reached in ((reachability.OUTSIDE, True), ("10.0.0.1", False), ("169.254.169.254", False)):
        end = reachability.End(address=address)
        assert reachability.can_reach(objects, places["api"], end, 443) is reached
        assert not reachability.can_reach(objects, places["worker"], end, 443)


def test_the_lock_arrives_unchanged():
    objects = renders.rendered("helm-3", "one-gpu")
    mounted = next(each for each in objects if each["metadata"]["name"] == "holdfast-lock")
    lock = renders.lock_file("cuda").read_text()
    assert mounted["data"]["release.toml"].strip() == lock.strip()
    assert mounted["metadata"]["annotations"]["holdfast.dev/release"] in lock.splitlines()[0]


def test_an_upgrade_migrates_before_anything_else_and_an_installation_as_it_goes():
    upgrade = renders.rendered("helm-4", "one-gpu", renders.VERSIONS[-1], "--is-upgrade")
    install = renders.rendered("helm-4", "one-gpu")
    hooked, ordinary = (next(each for each in found if each["kind"] == "Job") for found in (upgrade, install))
    assert hooked["metadata"]["annotations"]["helm.sh/hook"] == "pre-upgrade"
    assert "annotations" not in ordinary["metadata"]
    assert hooked["metadata"]["name"] != ordinary["metadata"]["name"]
    settings = {
        each["name"] for spec in images.pod_specs([hooked]) for each in spec[1]["initContainers"][0]["env"]
    }
    assert "HOLDFAST_DATABASE__URL" in settings
    assert "envFrom" not in hooked["spec"]["template"]["spec"]["initContainers"][0]  # not applied yet


def test_workers_are_one_range_and_zero_is_a_number():
    words = (
        "--set-json",
        'workers={"ingestion":{"replicas":0},"scans":{"queues":["scans"],"maxUnavailable":0}}',
    )
    objects = renders.rendered("helm-3", "one-gpu", renders.VERSIONS[-1], *words)
    found = {each["metadata"]["name"]: each["spec"] for each in objects if each["kind"] == "Deployment"}
    assert found["holdfast-worker-ingestion"]["replicas"] == 0
    assert "scans" in found["holdfast-worker-scans"]["template"]["spec"]["containers"][0]["command"]
    budgets = {
        each["metadata"]["name"]: each["spec"] for each in objects if each["kind"] == "PodDisruptionBudget"
    }
    assert budgets["holdfast-worker-scans"]["maxUnavailable"] == 0


def test_the_engine_is_recreated_and_gets_one_gpu(all_renders):
    engine = next(
        each
        for each in all_renders["helm-4", "one-gpu"]
        if each["kind"] == "Deployment" and each["metadata"]["name"] == "holdfast-engine"
    )
    spec = engine["spec"]["template"]["spec"]
    container = spec["containers"][0]
    assert engine["spec"]["strategy"] == {"type": "Recreate"}
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert container["image"] == "docker.io/vllm/vllm-openai:v0.24.0"  # the version of the lock
    assert spec["runtimeClassName"] == "nvidia"
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert mounts["/models"]["readOnly"]
    assert (
        next(each for each in spec["volumes"] if each["name"] == "shared-memory")["emptyDir"]["medium"]
        == "Memory"
    )


def test_alerts_and_dashboards_are_handed_on_as_they_are(all_renders):
    objects = {each["metadata"]["name"]: each for each in all_renders["helm-3", "air-gapped"]}
    alerts = yaml.safe_load((CHART / "alerts.yaml").read_text())
    assert objects["holdfast-alerts"]["spec"] == alerts
    for file in (CHART / "dashboards").glob("*.json"):
        made = objects[f"holdfast-dashboard-{file.stem.removeprefix('holdfast-')}"]
        assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert json.loads(made["data"][file.name]) == json.loads(file.read_text())


def test_keda_reads_the_queue_of_the_charts_own_server_and_nobody_else_does():
    words = (
        "--set",
        "autoscaling.kind=keda",
        "--set",
        "autoscaling.prometheusAddress=http://prometheus:9090",
    )
    objects = renders.rendered("helm-3", "one-gpu", renders.VERSIONS[-1], *words)
    redis = reachability.ends(objects)["redis"]
    assert reachability.can_reach(objects, reachability.End("keda"), redis, 6379)
    assert not reachability.can_reach(objects, reachability.End("monitoring"), redis, 6379)
    scaled = [each["spec"] for each in objects if each["kind"] == "ScaledObject"]
    assert {each["scaleTargetRef"]["name"] for each in scaled} == {
        each["metadata"]["name"]
        for each in objects
        if each["kind"] == "Deployment" and each["metadata"]["name"] != "holdfast-upkeep"
    }
    assert not [
        each
        for each in objects
        if each["kind"] == "Deployment"
        and "upkeep" not in each["metadata"]["name"]
        and "replicas" in each["spec"]
    ]


@pytest.mark.parametrize("version", [renders.VERSIONS[0], renders.VERSIONS[-1]])
def test_kubernetes_own_autoscaler_fits_the_strict_schema(version):
    objects = renders.rendered("helm-4", "one-gpu", version, "--set", "autoscaling.kind=hpa")
    scalers = [each for each in objects if each["kind"] == "HorizontalPodAutoscaler"]
    assert {each["metadata"]["name"] for each in scalers} == {
        "holdfast-api",
        "holdfast-engine",
        "holdfast-worker-ingestion",
    }
    for each in scalers:
        strict_schemas.validate(each, version)


def test_who_comes_in_can_be_narrowed_and_a_way_out_be_named():
    egress = [{"name": "traces", "processes": ["api"], "to": [{"network": "10.9.0.0/16"}], "ports": [4318]}]
    clients = [{"namespaceLabels": {"kubernetes.io/metadata.name": "ingress"}, "podLabels": {"app": "nginx"}}]
    words = (
        *("--set-json", f"networkPolicy.egress={json.dumps(egress)}"),
        *("--set-json", f"networkPolicy.clients={json.dumps(clients)}"),
    )
    objects = renders.rendered("helm-3", "one-gpu", renders.VERSIONS[-1], *words)
    places, collector = reachability.ends(objects), reachability.End(address="10.9.1.1")
    assert reachability.can_reach(objects, places["api"], collector, 4318)
    assert not reachability.can_reach(objects, places["worker"], collector, 4318)
    assert reachability.can_reach(objects, reachability.End("ingress", {"app": "nginx"}), places["api"], 3000)
    assert not reachability.can_reach(
        objects, reachability.End("ingress", {"app": "other"}), places["api"], 3000
    )
    assert not reachability.can_reach(objects, places["cluster"], places["api"], 3000)


def test_metrics_that_scale_are_metrics_that_the_product_has():
    product_metrics.IN_PROGRESS.inc(0)
    known = {sample.name for metric in REGISTRY.collect() for sample in metric.samples} | {"holdfast_runs"}
    text = (CHART / "templates" / "autoscaling.yaml").read_text()
    assert set(re.findall(r"holdfast_[a-z_]+", text)) <= known


def test_what_vllm_takes_besides_is_what_the_launcher_counts():
    text = (CHART / "templates" / "_lock.tpl").read_text()
    assert f"add $least {memory.CUDA_CONTEXT} " in text
    assert f"add $least {memory.CUDA_GRAPHS} " in text


def test_the_launcher_finds_what_it_reads_beside_it(all_renders, tmp_path):
    """The files that the init container copies start by themselves, with no project around them."""
    objects = all_renders["helm-3", "one-gpu"]
    spec = next(spec for name, spec in images.pod_specs(objects) if name == "holdfast-engine")
    command = spec["initContainers"][0]["command"]
    for path in command[1:-1]:
        shutil.copy(path.replace("/app", str(CHART.parents[1])), tmp_path)
    words = [
        sys.executable,
        "-I",
        tmp_path / "launch.py",
        "--lock",
        renders.lock_file("cuda"),
        "--models",
        tmp_path,
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 78
    assert "engine not started: " in done.stderr
    wanted = re.findall(r'_load_beside\("(\w+)"\)', (tmp_path / "launch.py").read_text())
    assert wanted
    assert all((tmp_path / f"{name}.py").exists() for name in wanted)


def test_users_of_the_platforms_choice_are_possible():
    words = ("--set", "security.userId=null", "--set", "security.groupId=null")
    objects = renders.rendered("helm-3", "one-gpu", renders.VERSIONS[-1], *words)
    for _, spec in images.pod_specs(objects):
        assert not {"runAsUser", "fsGroup"} & spec["securityContext"].keys()
        assert spec["securityContext"]["runAsNonRoot"]


def test_extra_objects_are_rendered_as_templates():
    extra = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-mine"}}]
    objects = renders.rendered(
        "helm-3", "one-gpu", renders.VERSIONS[-1], "--set-json", f"extraObjects={json.dumps(extra)}"
    )
    assert any(each["metadata"]["name"] == "holdfast-mine" for each in objects)


def test_an_air_gapped_site_needs_only_images_named_by_digest_from_its_own_registry(all_renders):
    named = images.named(all_renders["helm-3", "air-gapped"])
    assert len(named) == 5
    assert all(re.fullmatch(r"registry\.internal:5000/[\w/-]+@sha256:[0-9a-f]{64}", each) for each in named)


def test_the_image_list_is_a_command(capsys):
    assert chart.main(["images", *renders.words_for("cpu-only")]) == 0
    listed = capsys.readouterr().out.split()
    assert listed == images.named(renders.rendered("helm-3", "cpu-only"))


def test_a_bundle_brings_the_very_images_that_the_chart_pulls(tmp_path, capsys):
    values, lock = CHART / "ci" / "air-gapped.yaml", renders.lock_file("cuda")
    (tmp_path / "chart").mkdir()
    inherited = dict(os.environ)  # noqa: TID251  (where pip finds its index)
    airgap.put_chart(tmp_path, lock, values, kubernetes_tools.builder_for(inherited))
    listed = (tmp_path / "images.txt").read_text().split()
    assert listed == images.named(renders.rendered("helm-4", "air-gapped"))
    assert [path.suffix for path in (tmp_path / "chart").iterdir()] == [".tgz"]
    assert "named by a tag" not in capsys.readouterr().out
    airgap.put_chart(
        tmp_path,
        renders.lock_file("cpu"),
        CHART / "ci" / "cpu-only.yaml",
        kubernetes_tools.builder_for(inherited),
    )
    assert capsys.readouterr().out.count("named by a tag") == 5


@pytest.mark.parametrize("helm", HELMS)
def test_the_package_is_reproducible_and_whole(helm, tmp_path):
    names = []
    for folder in ("first", "second"):
        done = renders.run(helm, "package", str(CHART), "--destination", str(tmp_path / folder))
        assert done.returncode == 0, done.stderr
        names.append(_members(next((tmp_path / folder).glob("*.tgz"))))
    assert names[0] == names[1]
    assert "holdfast/templates/tests/one-question.yaml" in names[0]
    assert not [name for name in names[0] if "/ci/" in name]


def _members(package: Path) -> dict[str, bytes]:
    with tarfile.open(package) as opened:
        return {each.name: opened.extractfile(each).read() for each in opened if each.isfile()}


def test_schema_and_readme_are_what_values_and_settings_give():
    """After a change of values.yaml or services/settings.py: `python -m deploy.chart`."""
    assert (CHART / "values.schema.json").read_text() == chart.schema_text()
    assert (CHART / "README.md").read_text() == chart.readme_text()


def test_every_value_is_documented():
    keys = [key for top in values_file.read(CHART / "values.yaml") for key in top.walk()]
    silent = [key.name for key in keys if not key.text and not key.children]
    assert silent == []


def test_the_schema_is_closed_at_every_level():
    schema = json.loads((CHART / "values.schema.json").read_text())
    extra_objects = schema["properties"]["extraObjects"]["items"]
    assert [path for path, shape in _objects(schema, "$") if _is_open(shape) and shape != extra_objects] == [
        "$.properties.global"
    ]


def _objects(shape, path):
    if isinstance(shape, dict):
        if shape.get("type") == "object":
            yield path, shape
        for key, value in shape.items():
            yield from _objects(value, f"{path}.{key}")
    elif isinstance(shape, list):
        for index, value in enumerate(shape):
            yield from _objects(value, f"{path}[{index}]")


def _is_open(shape):
    more = shape.get("additionalProperties", True)
    return more is True


def test_the_default_values_name_every_image_of_the_render(all_renders):
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    repositories = {values[name]["image"]["repository"] for name in ("engine", "redis", "postgres")}
    named = " ".join(images.named(all_renders["helm-3", "one-gpu"]))
    assert all(repository in named for repository in repositories)

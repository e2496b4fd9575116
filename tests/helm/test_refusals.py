"""What the chart refuses: values that are wrong, unsafe or contradict one another, with a sentence."""

import pytest

from tests.helm import renders
from tests.helm.renders import HELMS

GPU_24_GB = 25757220864

REFUSALS = {
    "no registry": (["--set", "image.registry="], "this project publishes no image"),
    "a tag where digests are asked for": (["--set", "requireDigests=true"], "a tag can be moved"),
    "no lock": (["--set-file", "release.lock=/dev/null"], "there is no release"),
    "two locks": (["--set", "release.existingConfigMap=mine"], "both set"),
    "no models": (["--set", "models.existingClaim="], "come from nowhere"),
    "models twice": (["--set", "models.image.repository=x"], "both set"),
    "a lock for a GPU on the CPU": (["--set", "engine.gpu.enabled=false"], "the lock was made for a GPU"),
    "a plan over the GPU": (["--set", "engine.memory.requiredBytes=30000000000"], "does not fit the GPU"),
    "two GPUs": (["--set", "engine.gpu.count=2"], "planned for one GPU"),
    "no secret where none is made": (["--set", "secrets.generate=false"], "admin.existingSecret is empty"),
    "no database": (["--set", "postgres.enabled=false"], "SQL is the truth"),
    "two databases": (["--set", "database.existingSecret=x"], "turn the chart's own PostgreSQL off"),
    "a database nobody reaches": (
        ["--set", "postgres.enabled=false", "--set", "database.existingSecret=x"],
        "database.networks is empty",
    ),
    "no queue": (["--set", "redis.enabled=false"], "queue.existingSecret is empty"),
    "two queues": (["--set", "queue.existingSecret=x"], "turn the chart's own server off"),
    "a queue nobody reaches": (
        ["--set", "redis.enabled=false", "--set", "queue.existingSecret=x"],
        "queue.networks is empty",
    ),
    "a worker without memory": (["--set", "workers.ingestion.concurrency=2"], "killed for memory"),
    "a parser over the worker": (
        ["--set", "config.ingestion.parse_memory_bytes=8000000000"],
        "killed for memory",
    ),
    "an ingress without host": (["--set", "ingress.host="], "name the host"),
    "an ingress without HTTPS": (["--set", "ingress.tlsSecret="], "nobody could sign in"),
    "together and apart": (["--set", "topologySpread.whenUnsatisfiable=DoNotSchedule"], "keeps them apart"),
    "KEDA without Prometheus": (["--set", "autoscaling.kind=keda"], "prometheusAddress is empty"),
    "scaling without metrics": (
        ["--set", "autoscaling.kind=hpa", "--set", "metrics.enabled=false"],
        "autoscaling needs metrics",
    ),
    "bounds the wrong way round": (["--set", "autoscaling.api.min=9"], "more than its max"),
    "one port for two": (["--set", "metrics.port=3000"], "a port of their own"),
    "a proxy that policies cannot name": (
        ["--set", "config.outbound.proxy=http://proxy.example.com:3128"],
        "networkPolicy.egress",
    ),
}

WRONG_VALUES = {
    "a key that is not there": ["--set", "api.replica=2"],
    "a section that is not there": ["--set", "apis.replicas=2"],
    "a setting that is not there": ["--set", "config.answers.polcy=off"],
    "a secret among the settings": ["--set", "config.engine.api_key=x"],
    "what the chart decides": ["--set", "config.web.port=80"],
    "a policy that is not there": ["--set", "config.answers.policy=maybe"],
    "text for a number": ["--set", "api.replicas=many"],
    "no api": ["--set", "api.replicas=0"],
    "a digest that is none": ["--set", "image.digest=sha256:12"],
    "a pull policy that is none": ["--set", "imagePullPolicy=Sometimes"],
    "an access mode for one pod": ["--set", "files.accessMode=ReadWriteOncePod"],
    "no memory limit": ["--set", "api.resources.limits.memory=null"],
    "a quantity that is none": ["--set", "files.size=much"],
    "a network that is none": ["--set-json", 'database.networks=["db.example.com"]'],
    "a worker of another shape": ["--set", "workers.ingestion.threads=2"],
    "no worker": ["--set", "workers.ingestion=null"],
    "no workers at all": ["--set", "workers=null"],
    "a worker's name": ["--set", "workers.Ingestion.replicas=1"],
    "the chart's own secret twice": [
        "--set-json",
        'settingsFromSecrets=[{"name":"HOLDFAST_SECRET_KEY","secret":"x","key":"y"}]',
    ],
    "a way out without a port": [
        "--set-json",
        'networkPolicy.egress=[{"name":"x","processes":["api"],"to":[{"network":"10.0.0.0/8"}]}]',
    ],
    "root": ["--set", "security.userId=0"],
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_work_is_refused_with_a_sentence(name):
    words, sentence = REFUSALS[name]
    assert sentence in renders.refused("helm-3", *words)


@pytest.mark.parametrize(("text", "sentence"), [("[broken", "no TOML"), ('name = "x"', "has no [generator]")])
def test_what_is_no_lock_is_refused(tmp_path, text, sentence):
    (tmp_path / "release.toml").write_text(text)
    said = renders.refused("helm-3", "--set-file", f"release.lock={tmp_path / 'release.toml'}")
    assert sentence in said


def test_a_lock_for_the_cpu_is_refused_on_a_gpu():
    said = renders.refused("helm-4", "--set-file", f"release.lock={renders.lock_file('cpu')}")
    assert "engine.gpu.enabled is true" in said


def test_a_reranker_that_the_api_pods_would_not_find_is_refused(tmp_path):
    lock = tmp_path / "release.toml"
    lock.write_text(renders.lock_file("cuda").read_text() + '\n[reranker]\nname = "reader"\npackage = ""\n')
    assert "names a reranker" in renders.refused("helm-3", "--set-file", f"release.lock={lock}")


def test_weights_that_do_not_fit_are_refused_and_those_that_do_are_not():
    too_large = renders.lock_file("cuda", weights=int(GPU_24_GB * 0.95))
    assert "does not fit the GPU" in renders.refused("helm-3", "--set-file", f"release.lock={too_large}")
    fitting = renders.lock_file("cuda", weights=int(GPU_24_GB * 0.85))
    assert renders.rendered(
        "helm-3", "one-gpu", renders.VERSIONS[-1], "--set-file", f"release.lock={fitting}"
    )


def test_weights_that_do_not_fit_the_memory_of_a_cpu_engine_are_refused():
    words = ("--set-file", f"release.lock={renders.lock_file('cpu', weights=9 * 10**9)}")
    assert "does not fit the engine's memory" in renders.refused("helm-3", *words, profile="cpu-only")


def test_a_foreign_config_map_needs_the_engines_version():
    words = ["--set-file", "release.lock=/dev/null", "--set", "release.existingConfigMap=mine"]
    assert "name the engine version" in renders.refused("helm-3", *words)
    named = [*words, "--set", "engine.image.tag=v0.24.0"]
    assert renders.rendered("helm-3", "one-gpu", renders.VERSIONS[-1], *named)


def test_keda_cannot_read_the_url_of_a_server_of_ones_own():
    words = ["--set", "queue.kedaAddress="]
    assert "kedaAddress is empty" in renders.refused("helm-3", *words, profile="high-availability")


@pytest.mark.parametrize("helm", HELMS)
@pytest.mark.parametrize("name", WRONG_VALUES)
def test_the_schema_refuses(helm, name):
    said = renders.refused(helm, *WRONG_VALUES[name])
    assert "values don't meet the specifications of the schema" in said


def test_an_older_kubernetes_is_refused():
    assert "1.29.0" in renders.refused("helm-3", "--kube-version", "1.28.0")

"""The policy row: what every pod must have, jobs, hooks and tests among them."""

from collections.abc import Iterator
from typing import Any

from deploy.chart import images

Pod = dict[str, Any]
Objects = list[dict[str, Any]]
ALLOWED_VOLUMES = {"configMap", "emptyDir", "projected", "secret", "persistentVolumeClaim", "name"}
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def rows(objects: Objects) -> Iterator[tuple[str, dict[str, bool]]]:
    """Each pod's name and its row: every rule, and whether it holds."""
    policies = [each for each in objects if each["kind"] == "NetworkPolicy"]
    for each in objects:
        for name, spec in images.pod_specs([each]):
            yield name, row(each, spec, policies)


def row(owner: dict[str, Any], spec: Pod, policies: Objects) -> dict[str, bool]:
    containers = images.containers(spec)
    return {
        "namespace": bool(owner["metadata"].get("namespace")),
        "runs as non-root": _non_root(spec, containers),
        "read-only root": all(_security(each).get("readOnlyRootFilesystem") for each in containers),
        "no escalation": all(_security(each)["allowPrivilegeEscalation"] is False for each in containers),
        "drops all": all(_security(each).get("capabilities") == {"drop": ["ALL"]} for each in containers),
        "seccomp": spec["securityContext"].get("seccompProfile") == {"type": "RuntimeDefault"},
        "no token": spec.get("automountServiceAccountToken") is False,
        "no service links": spec.get("enableServiceLinks") is False,
        "no host": not any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")),
        "requests and memory limit": all(map(_bounded, containers)),
        "sized scratch": all(_sized(volume) for volume in spec.get("volumes", [])),
        "restricted volumes": all(volume.keys() <= ALLOWED_VOLUMES for volume in spec.get("volumes", [])),
        "probes that differ": all(_probed(each) for each in spec["containers"]) or _ends(spec),
        "denied both ways": any(_denies(policy, labels_of(owner)) for policy in policies),
    }


def labels_of(owner: dict[str, Any]) -> dict[str, str]:
    """Labels that the owner's pods bear."""
    template = owner if owner["kind"] == "Pod" else owner["spec"]["template"]
    found: dict[str, str] = template["metadata"]["labels"]
    return found


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    assert set(selector) <= {"matchLabels"}, "this reader knows matchLabels only"
    return selector.get("matchLabels", {}).items() <= labels.items()


def _security(container: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = container["securityContext"]
    return found


def _non_root(spec: Pod, containers: list[dict[str, Any]]) -> bool:
    users = [
        spec["securityContext"].get("runAsUser"),
        *(_security(each).get("runAsUser") for each in containers),
    ]
    return spec["securityContext"].get("runAsNonRoot") is True and 0 not in users


def _bounded(container: dict[str, Any]) -> bool:
    amounts = container["resources"]
    return bool(amounts["requests"]["memory"] and amounts["requests"]["cpu"] and amounts["limits"]["memory"])


def _sized(volume: dict[str, Any]) -> bool:
    return "emptyDir" not in volume or bool(volume["emptyDir"].get("sizeLimit"))


def _probed(container: dict[str, Any]) -> bool:
    """All three are there, and readiness and liveness ask different things; liveness is the most patient."""
    if not all(probe in container for probe in PROBES):
        return False
    asked = [_question(container[probe]) for probe in PROBES]
    return asked[1] != asked[2] and not _asks_a_part(asked[2])


def _question(probe: dict[str, Any]) -> str:
    return str([probe.get(kind) for kind in ("httpGet", "exec", "tcpSocket", "grpc")])


def _asks_a_part(question: str) -> bool:
    """A liveness probe asks neither SQL, nor the broker, nor the model."""
    return any(
        word in question for word in ("/ready", "/health", "pg_isready", "psql", "valkey-cli", "celery")
    )


def _ends(spec: Pod) -> bool:
    return spec.get("restartPolicy") in ("Never", "OnFailure")


def _denies(policy: dict[str, Any], labels: dict[str, str]) -> bool:
    spec = policy["spec"]
    return set(spec["policyTypes"]) == {"Ingress", "Egress"} and selects(spec["podSelector"], labels)

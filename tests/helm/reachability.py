"""Who can reach whom, computed from rendered network policies, and read from the chart's README."""

import ipaddress
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from deploy.chart import images
from tests.helm import policy
from tests.helm.renders import NAMESPACE

Objects = list[dict[str, Any]]
# Every port that anything listens on, and two that nothing does.
PORTS = (22, 53, 443, 3000, 3001, 5432, 6379, 8000, 8001)
COMPONENTS = ("api", "worker", "upkeep", "engine", "chroma", "redis", "postgres", "migrate", "test")
# `outside` is an address of nobody's; sign-in hosts and the like are asked for by name in their own test.
OUTSIDE, EXISTING = "203.0.113.7", {"postgres": "10.20.0.9", "redis": "10.20.1.9"}
PEERS = {"egress": "to", "ingress": "from"}


@dataclass(frozen=True)
class End:
    """One end of a connection: a pod somewhere, or an address."""

    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict, hash=False)
    address: str = ""


def ends(objects: Objects) -> dict[str, End]:
    """Every place of the table, with the servers outside where the release has none of its own."""
    found = {
        "cluster": End("somewhere", {"app": "somebody"}),
        "outside": End(address=OUTSIDE),
        "monitoring": End("monitoring", {"app": "prometheus"}),
        "names": End("kube-system", {"k8s-app": "kube-dns"}),
        **{name: End(address=address) for name, address in EXISTING.items()},
    }
    for each in objects:
        if any(True for _ in images.pod_specs([each])):
            labels = policy.labels_of(each)
            found[labels["app.kubernetes.io/component"]] = End(NAMESPACE, labels)
    return found


def can_reach(objects: Objects, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
    policies = [each for each in objects if each["kind"] == "NetworkPolicy"]
    wanted = {"protocol": protocol, "port": port}
    leaves = _permits(policies, "egress", source, target, wanted)
    return leaves and _permits(policies, "ingress", target, source, wanted)


def _permits(policies: Objects, way: str, pod: End, other: End, wanted: dict[str, Any]) -> bool:
    """Whether the policies that select `pod` let this through; where none selects it, all goes through."""
    if pod.namespace != NAMESPACE:
        return True
    chosen = [
        each["spec"]
        for each in policies
        if policy.selects(each["spec"]["podSelector"], pod.labels)
        and way.title() in each["spec"]["policyTypes"]
    ]
    rules = [rule for spec in chosen for rule in spec.get(way, [])]
    return not chosen or any(
        any(_is_peer(peer, other) for peer in rule[PEERS[way]]) and wanted in rule["ports"] for rule in rules
    )


def _is_peer(peer: dict[str, Any], end: End) -> bool:
    if "ipBlock" in peer:
        return bool(end.address) and _within(peer["ipBlock"], end.address)
    if not end.namespace:
        return False
    if "namespaceSelector" in peer:
        namespace = {"kubernetes.io/metadata.name": end.namespace}
        if not policy.selects(peer["namespaceSelector"], namespace):
            return False
    elif end.namespace != NAMESPACE:
        return False
    return policy.selects(peer.get("podSelector", {}), end.labels)


def _within(block: dict[str, Any], address: str) -> bool:
    wanted = ipaddress.ip_address(address)
    excepted = any(wanted in ipaddress.ip_network(each) for each in block.get("except", []))
    return wanted in ipaddress.ip_network(block["cidr"]) and not excepted


def matrix(objects: Objects) -> dict[tuple[str, str], set[int]]:
    """Ports by which each place reaches each other; pods of one kind among themselves too."""
    places = ends(objects)
    sources, targets = ("cluster", "outside", "monitoring", *COMPONENTS), (*COMPONENTS, "names", "outside")
    return {
        (source, target): {port for port in PORTS if can_reach(objects, places[source], places[target], port)}
        for source, target in product(sources, targets)
        if not (_is_foreign(places[source]) and _is_foreign(places[target]))
    }


def _is_foreign(end: End) -> bool:
    return end.namespace != NAMESPACE


def documented(readme: str) -> dict[tuple[str, str], set[int]]:
    """The README's table."""
    lines = readme.partition("<!-- reachability -->\n")[2].partition("<!-- /reachability -->")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    head, rows = cells[0][1:], cells[2:]
    return {
        (source, target): {int(port) for port in ports.split()}
        for source, *row in rows
        for target, ports in zip(head, row, strict=True)
    }


def mismatches(objects: Objects, readme: str) -> list[str]:
    """Every cell in which the policies and the table differ."""
    told = documented(readme)
    return [
        f"{source} → {target}: policies {sorted(found)}, table {sorted(told[source, target])}"
        for (source, target), found in matrix(objects).items()
        if found != told[source, target]
    ]

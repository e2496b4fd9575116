"""Which hosts an administrator named, and which of their addresses may be reached.

An entry reads `host[:port][=network]`. Without a port 80 and 443 are meant. A host's addresses on the public
network may be reached; private ones only inside the entry's network (`wiki.corp=10.0.0.0/8`); loopback,
link-local and metadata addresses only where the entry names that very address (`10.0.0.7`, `here=127.0.0.1`).
Several entries may name one host.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Literal
from urllib.parse import urlsplit

from services import errors

Purpose = Literal["sources", "webhooks", "sign_in", "models"]
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

DEFAULT_PORTS = (80, 443)
METADATA = frozenset(
    ipaddress.ip_address(one)
    for one in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192")
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class NamedHost:
    """One entry; `network` is None where only public addresses were meant."""

    host: str
    port: int | None
    network: Network | None

    def covers(self, host: str, port: int) -> bool:
        ports = DEFAULT_PORTS if self.port is None else (self.port,)
        return self.host == host and port in ports

    def permits(self, address: Address) -> bool:
        """Whether this entry lets that address be reached."""
        inner = embedded(address)
        if self.network is None:
            return is_public(inner)
        if inner not in self.network:
            return False
        return self.network.num_addresses == 1 or is_public(inner) or is_plainly_private(inner)


def parse(entry: str) -> NamedHost:
    """errors.UnsafeSettings where the entry cannot be read."""
    place, _, network = entry.strip().partition("=")
    try:
        parts = urlsplit(f"//{place}")
        host, port = normal(parts.hostname or ""), parts.port
        literal = address_of(host)
        reach = ipaddress.ip_network(network or host, strict=False) if network or literal else None
    except ValueError as error:
        raise errors.UnsafeSettings(f"Outbound host {entry!r} is not host[:port][=network]") from error
    if not host or parts.path or parts.username:
        raise errors.UnsafeSettings(f"Outbound host {entry!r} is not host[:port][=network]")
    return NamedHost(host, port, reach)


def parse_all(entries: Iterable[str]) -> Sequence[NamedHost]:
    return tuple(parse(entry) for entry in entries)


def normal(host: str) -> str:
    """The host as it is compared: lower case, no final dot, names of other scripts in ASCII."""
    bare = host.strip("[]").rstrip(".").lower()
    return bare if bare.isascii() else bare.encode("idna").decode()


def address_of(host: str) -> Address | None:
    """The address that the host is, if it is no name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def embedded(address: Address) -> Address:
    """An IPv4 address wrapped into an IPv6 one is judged as what it is."""
    if isinstance(address, IPv4Address):
        return address
    inside = address.ipv4_mapped or address.sixtofour
    if inside is None and address in NAT64:
        inside = IPv4Address(int(address) & 0xFFFFFFFF)
    return inside or address


def is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and address not in METADATA


def is_plainly_private(address: Address) -> bool:
    """Of a company's own network, and nothing with a meaning of its own."""
    special = address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
    return address.is_private and not special and not address.is_reserved and address not in METADATA

"""A connection to a named host: resolved once, every address checked, connected to exactly that one."""

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from services import errors, settings
from services.outbound import naming
from services.outbound.naming import Address, NamedHost, Purpose


class Outbound:
    """What may be reached, read from the settings once; everything that leaves goes through `connect`."""

    def __init__(self, limits: settings.Outbound) -> None:
        self.limits = limits
        self.proxy = limits.proxy or None
        everywhere = naming.parse_all(limits.hosts)
        self._named: dict[Purpose, Sequence[NamedHost]] = {
            "sources": (*everywhere, *naming.parse_all(limits.sources)),
            "webhooks": (*everywhere, *naming.parse_all(limits.webhooks)),
            "sign_in": (*everywhere, *naming.parse_all(limits.sign_in)),
            "models": (*everywhere, *naming.parse_all(limits.models)),
        }

    def require_named(self, purpose: Purpose, url: str) -> None:
        """errors.OutboundRefused unless the address's host was named for this purpose."""
        host, port = place_of(url)
        self._entries(purpose, host, port)

    def connect(self, purpose: Purpose, host: str, port: int, timeout_s: float | None) -> socket.socket:
        """A socket to one of the host's permitted addresses.

        Raises errors.OutboundRefused where the host was not named or resolves to an address that may not be
        reached, errors.OutsideUnavailable where nothing answers.
        """
        failure: OSError | None = None
        for address in self.addresses(purpose, host, port):
            try:
                return self._open(address, port, timeout_s)
            except OSError as error:
                failure = error
        raise errors.OutsideUnavailable(f"{host} does not answer at port {port}") from failure

    def _entries(self, purpose: Purpose, host: str, port: int) -> Sequence[NamedHost]:
        wanted = naming.normal(host)
        found = [entry for entry in self._named[purpose] if entry.covers(wanted, port)]
        if not found:
            raise errors.OutboundRefused(
                f"{wanted}:{port} is not among the hosts an administrator named for {purpose} "
                f"(HOLDFAST_OUTBOUND__{purpose.upper()})"
            )
        return found

    def _proxy_entries(self, host: str, port: int) -> Sequence[NamedHost]:
        """The proxy was named by its own setting, with whatever address it has."""
        if self.proxy is None or place_of(self.proxy) != (naming.normal(host), port):
            return ()
        return [
            NamedHost(naming.normal(host), port, network)
            for address in self._resolve(host, port)
            for network in [ipaddress.ip_network(address)]
        ]

    def addresses(self, purpose: Purpose, host: str, port: int) -> list[Address]:
        """All of the host's addresses, resolved now; one that may not be reached refuses the host.

        Whoever connects must connect to one of these, and never resolve the name again.
        """
        entries = self._proxy_entries(host, port) or self._entries(purpose, host, port)
        found = self._resolve(host, port)
        for address in found:
            if not any(entry.permits(address) for entry in entries):
                raise errors.OutboundRefused(
                    f"{host} resolves to {address}, which was not named: add {host}={address} to reach it"
                )
        return found

    def _resolve(self, host: str, port: int) -> list[Address]:
        literal = naming.address_of(naming.normal(host))
        if literal is not None:
            return [literal]
        try:
            found = self.look_up(host, port)
        except OSError as error:
            raise errors.OutsideUnavailable(f"{host} cannot be resolved") from error
        return list(dict.fromkeys(ipaddress.ip_address(one.split("%")[0]) for one in found))

    def look_up(self, host: str, port: int) -> list[str]:
        """The name's addresses, as the system resolves them."""
        return [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]

    def _open(self, address: Address, port: int, timeout_s: float | None) -> socket.socket:
        wait_s = self.limits.timeout_s if timeout_s is None else min(timeout_s, self.limits.timeout_s)
        opened = socket.create_connection((str(address), port), wait_s)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened


def place_of(url: str) -> tuple[str, int]:
    """Host and port of an address; errors.OutboundRefused for any scheme but http and https."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise errors.OutboundRefused("The address cannot be read") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise errors.OutboundRefused("Only addresses that begin with http:// or https:// are opened")
    return naming.normal(parts.hostname), port or (443 if parts.scheme == "https" else 80)


def require_same_host(first: str, then: str) -> None:
    """errors.OutboundRefused where a redirect leads to another host, or from https to http."""
    old, new = urlsplit(first), urlsplit(then)
    if old.hostname != new.hostname or (old.scheme == "https" and new.scheme != "https"):
        raise errors.OutboundRefused(f"{old.hostname} redirects elsewhere; name the address it leads to")

"""Entries that name hosts, and which addresses they let be reached."""

import ipaddress

import pytest

from services import errors
from services.outbound import naming


def permits(entry: str, address: str) -> bool:
    return naming.parse(entry).permits(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("docs.example.com", "93.184.216.34"),
        ("docs.example.com", "2606:2800:220:1::1"),
        ("wiki.corp=10.0.0.0/8", "10.4.5.6"),
        ("wiki.corp=fd12:3456::/32", "fd12:3456::9"),
        ("wiki.corp=10.0.0.0/8", "::ffff:10.4.5.6"),
        ("10.0.0.7", "10.0.0.7"),
        ("localhost=127.0.0.1", "127.0.0.1"),
        ("[::1]:9000", "::1"),
        ("169.254.169.254", "169.254.169.254"),
    ],
)
def test_named_addresses_may_be_reached(entry, address):
    assert permits(entry, address)


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("docs.example.com", "10.0.0.7"),
        ("docs.example.com", "127.0.0.1"),
        ("docs.example.com", "169.254.169.254"),
        ("docs.example.com", "::1"),
        ("docs.example.com", "::ffff:10.0.0.7"),
        ("docs.example.com", "64:ff9b::a00:7"),
        ("docs.example.com", "2002:7f00:1::"),
        ("docs.example.com", "100.100.100.200"),
        ("docs.example.com", "0.0.0.0"),  # noqa: S104
        ("docs.example.com", "224.0.0.1"),
        ("docs.example.com", "fe80::1"),
        ("wiki.corp=10.0.0.0/8", "192.168.0.1"),
        ("wiki.corp=10.0.0.0/8", "93.184.216.34"),
        ("wiki.corp=0.0.0.0/0", "127.0.0.1"),
        ("wiki.corp=0.0.0.0/0", "169.254.169.254"),
        ("wiki.corp=127.0.0.0/8", "127.0.0.1"),
        ("wiki.corp=::/0", "fd00:ec2::254"),
    ],
)
def test_addresses_nobody_named_are_refused(entry, address):
    assert not permits(entry, address)


@pytest.mark.parametrize(
    ("entry", "host", "port", "is_covered"),
    [
        ("Docs.Example.com.", "docs.example.com", 443, True),
        ("docs.example.com", "docs.example.com", 80, True),
        ("docs.example.com", "docs.example.com", 8080, False),
        ("docs.example.com:8080", "docs.example.com", 8080, True),
        ("docs.example.com:8080", "docs.example.com", 443, False),
        ("example.com", "docs.example.com", 443, False),
        ("bücher.example", "xn--bcher-kva.example", 443, True),
    ],
)
def test_an_entry_covers_its_host_and_ports_only(entry, host, port, is_covered):
    assert naming.parse(entry).covers(host, port) is is_covered


@pytest.mark.parametrize(
    "entry",
    ["", "a/b", "user@host", "host:port", "host=ten", "host:99999", "host=10.0.0.0/99", "=10.0.0.0/8"],
)
def test_an_entry_that_cannot_be_read_is_refused(entry):
    with pytest.raises(errors.UnsafeSettings):
        naming.parse(entry)

"""Addresses in one form."""

import pytest

from ingestion.connectors.addresses import canonical


@pytest.mark.parametrize(
    ("address", "base", "form"),
    [
        ("HTTP://Wiki.Corp:80/a", "", "http://wiki.corp/a"),
        ("https://wiki.corp:8443/a#part", "", "https://wiki.corp:8443/a"),
        ("http://wiki.corp", "", "http://wiki.corp/"),
        ("../c/./d", "http://wiki.corp/a/b/", "http://wiki.corp/a/c/d"),
        ("/a/../../etc/passwd", "http://wiki.corp/", "http://wiki.corp/etc/passwd"),
        ("?b=2&a=1&utm_source=x", "http://wiki.corp/p", "http://wiki.corp/p?a=1&b=2"),
        ("/a%7Eb/%c3%a9 c", "http://wiki.corp/", "http://wiki.corp/a~b/%C3%A9%20c"),
        ("/é", "http://wiki.corp/", "http://wiki.corp/%C3%A9"),
        ("/a/", "http://wiki.corp/", "http://wiki.corp/a/"),
        ("//other.corp/x", "https://wiki.corp/", "https://other.corp/x"),
        ("http://[::1]:8080/x", "", "http://[::1]:8080/x"),
    ],
)
def test_addresses_take_one_form_and_keep_it(address, base, form):
    assert canonical(address, base) == form
    assert canonical(form) == form


@pytest.mark.parametrize(
    "address",
    ["mailto:a@b", "javascript:alert(1)", "ftp://x/y", "http://user:pw@host/", "http://h:port/", "data:,x",
     "http://h/" + "a" * 2000, ""],
)  # fmt: skip
def test_what_is_no_page_has_none(address):
    assert canonical(address) is None

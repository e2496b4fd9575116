import pytest

from services.identity import throttle
from services.settings import Settings

SETTINGS = Settings(secret_key="s" * 32)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("testclient", "testclient", True),
        ("", "10.0.0.1", False),
    ],
)
def test_tries_are_counted_by_network(first, second, same):
    one, other = (throttle.subjects(SETTINGS, "ada", address) for address in (first, second))
    assert (one == other) is same


def test_logins_share_the_address_but_not_the_pair():
    ada, ben = (throttle.subjects(SETTINGS, login, "10.0.0.1") for login in ("ada", "ben"))
    assert ada.address == ben.address
    assert ada.pair != ben.pair


def test_the_digest_depends_on_the_secret_key():
    other = Settings(secret_key="t" * 32)
    assert throttle.subjects(other, "ada", "10.0.0.1") != throttle.subjects(SETTINGS, "ada", "10.0.0.1")

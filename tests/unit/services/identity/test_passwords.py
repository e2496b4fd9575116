import pytest

from services import errors
from services.identity import passwords


def test_only_the_right_password_fits():
    kept = passwords.hash_password("correct horse battery")
    assert kept.startswith("$argon2id$")
    assert passwords.is_right(kept, "correct horse battery")
    assert not passwords.is_right(kept, "correct horse batterz")


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 1025])
def test_a_password_of_unfit_length_is_refused(password):
    with pytest.raises(errors.InvalidRequest):
        passwords.hash_password(password)


@pytest.mark.parametrize("kept", [None, "", "plain text", "$argon2id$broken"])
def test_nothing_fits_a_missing_or_broken_hash(kept):
    assert not passwords.is_right(kept, "correct horse battery")


def test_one_letter_typed_two_ways_is_one_password():
    kept = passwords.hash_password("gr\u00fcne wiese am see")
    assert passwords.is_right(kept, "gru\u0308ne wiese am see")


def test_a_hash_made_now_is_not_outdated():
    assert not passwords.is_outdated(passwords.hash_password("correct horse battery"))


def test_too_many_checks_at_once_are_refused(monkeypatch):
    monkeypatch.setattr(passwords, "WAIT_S", 0.0)
    for _ in range(passwords.CHECKS_AT_ONCE):
        passwords._slots.acquire()
    try:
        with pytest.raises(errors.TooManyRequests):
            passwords.is_right(None, "correct horse battery")
    finally:
        passwords._slots.release(passwords.CHECKS_AT_ONCE)

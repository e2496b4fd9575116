"""Which lock is served after promotions and returns, and that the processes of the release follow."""

from types import SimpleNamespace

import pytest

from services import errors, signatures
from services.cli import embedded, promoted, up
from services.settings import Settings


@pytest.fixture
def locks(tmp_path):
    """A lock that `up` was given, and two candidates, of which one is signed."""
    made = {}
    for name in ("given", "second", "third"):
        made[name] = tmp_path / f"{name}.toml"
        made[name].write_text(name)
    signatures.signature_file(made["second"]).write_text("signed")
    return SimpleNamespace(**made)


@pytest.fixture
def data_dir(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def text(data_dir, given) -> str:
    places = embedded.Places(given, given, given)
    return promoted.served(data_dir, places).lock.read_text()


def test_lock_that_was_given_is_served_until_something_is_promoted(data_dir, locks):
    assert (text(data_dir, locks.given), promoted.stamp(data_dir)) == ("given", 0)
    promoted.put(data_dir, locks.second, locks.given)
    assert text(data_dir, locks.given) == "second"
    assert promoted.stamp(data_dir) != 0


def test_one_exchange_leads_back_and_another_forth(data_dir, locks):
    promoted.put(data_dir, locks.second, locks.given)
    promoted.exchange(data_dir)
    assert text(data_dir, locks.given) == "given"
    promoted.exchange(data_dir)
    assert text(data_dir, locks.given) == "second"


def test_signature_goes_with_its_lock(data_dir, locks):
    promoted.put(data_dir, locks.second, locks.given)
    signature = signatures.signature_file(data_dir / promoted.NOW)
    assert signature.read_text() == "signed"
    promoted.exchange(data_dir)
    assert not signature.exists()
    promoted.exchange(data_dir)
    assert signature.read_text() == "signed"


def test_what_was_kept_can_itself_be_the_candidate(data_dir, locks):
    promoted.put(data_dir, locks.second, locks.given)
    promoted.put(data_dir, data_dir / promoted.BEFORE, data_dir / promoted.NOW)
    assert text(data_dir, locks.given) == "given"
    assert (data_dir / promoted.BEFORE).read_text() == "second"


def test_only_the_newest_before_is_kept(data_dir, locks):
    promoted.put(data_dir, locks.second, locks.given)
    promoted.put(data_dir, locks.third, data_dir / promoted.NOW)
    promoted.exchange(data_dir)
    assert text(data_dir, locks.given) == "second"
    assert sorted(one.name for one in data_dir.glob("*.toml")) == [promoted.BEFORE, promoted.NOW]


def test_without_a_promotion_there_is_no_way_back(data_dir):
    with pytest.raises(errors.NotFound, match="no way back"):
        promoted.exchange(data_dir)


@pytest.fixture
def follower(data_dir, locks, monkeypatch):
    monkeypatch.setattr(up.ModelStore, "remember", lambda *_: None)
    monkeypatch.setattr(up, "_trusted_lock", lambda _settings, places: SimpleNamespace(
        release_id=places.lock.read_text()))  # fmt: skip
    places = embedded.Places(locks.given, locks.given, locks.given)
    settings = Settings(data_dir=data_dir)
    return up._Follower(settings, places, embedded.Addresses.choose(), promoted.stamp(data_dir))


def exchanged(follower) -> list[list[str]]:
    seen = []
    supervisor = SimpleNamespace(exchange=seen.append)
    follower.look(supervisor)
    follower.look(supervisor)
    return seen


def test_what_reads_the_lock_starts_anew_once_per_promotion(follower, data_dir, locks):
    assert exchanged(follower) == []
    promoted.put(data_dir, locks.second, locks.given)
    (programs,) = exchanged(follower)
    assert [one.name for one in programs] == ["engine", "worker", "upkeep", "api"]
    assert str(data_dir / promoted.NOW) in programs[0].command
    assert str(data_dir / promoted.NOW) in (data_dir / "embedded.toml").read_text()


def test_lock_that_is_not_right_changes_nothing(follower, data_dir, locks, monkeypatch):
    def refused(*_):
        raise errors.LockMismatch("its seal is broken")

    monkeypatch.setattr(up, "_trusted_lock", refused)
    promoted.put(data_dir, locks.second, locks.given)
    assert exchanged(follower) == []

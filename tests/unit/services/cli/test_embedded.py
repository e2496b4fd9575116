"""The embedded mode's settings and commands: what one's neighbours on the machine may not read or reach."""

import stat
import tomllib
from pathlib import Path

import pytest

from services.cli import embedded
from services.cli.client import Credentials
from services.settings import Settings


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def places(tmp_path) -> embedded.Places:
    return embedded.Places(tmp_path / "engine" / "python", tmp_path / "demo.lock", tmp_path / "models")


@pytest.fixture
def addresses() -> embedded.Addresses:
    return embedded.Addresses.choose()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_settings_file_is_its_owners_alone(settings, places, addresses):
    path = embedded.write_settings(settings, places, addresses)
    assert mode(path) == 0o600
    assert mode(settings.data_dir / "secret") == 0o600


@pytest.mark.parametrize("name", ["embedded.toml", "first-admin.json"])
def test_file_that_was_open_to_others_is_closed(settings, places, addresses, name):
    settings.data_dir.mkdir()
    (settings.data_dir / name).touch(mode=0o644)
    embedded.write_settings(settings, places, addresses)
    Credentials("admin", "a password").save(settings.data_dir)
    assert mode(settings.data_dir / name) == 0o600


def test_settings_file_is_read_back_as_it_was_meant(settings, places, addresses, monkeypatch):
    path = embedded.write_settings(settings, places, addresses)
    monkeypatch.setenv("HOLDFAST_CONFIG", str(path))
    read = Settings()
    assert read.mode == "embedded"
    assert read.engine.api_key.get_secret_value() == addresses.engine_key
    assert read.engine.url == f"http://127.0.0.1:{addresses.engine_port}/v1"
    assert read.chroma.port == addresses.chroma_port
    assert addresses.redis_password in read.queue.url
    assert read.release_lock == places.lock
    assert len(read.secret_key.get_secret_value()) >= 32


def test_way_to_sign_in_comes_through_with_its_secrets(settings, places, addresses, monkeypatch):
    oidc = {
        "issuer": "https://login.corp",
        "client_id": "h",
        "client_secret": "c",
        "redirect_url": "https://h",
    }
    sign_in = {
        "oidc": oidc,
        "groups": {"Human Resources": "hr"},
        "proxy": {"peers": ["::1"], "secret": "p" * 32},
    }
    asked = Settings(data_dir=settings.data_dir, sign_in=sign_in)
    monkeypatch.setenv("HOLDFAST_CONFIG", str(embedded.write_settings(asked, places, addresses)))
    assert Settings().sign_in == asked.sign_in


def test_secret_that_signs_sessions_outlives_a_restart(settings, places):
    secrets = {
        tomllib.loads(embedded.write_settings(settings, places, embedded.Addresses.choose()).read_text())[
            "secret_key"
        ]
        for _ in range(2)
    }
    assert len(secrets) == 1


def test_every_start_has_keys_of_its_own(addresses):
    other = embedded.Addresses.choose()
    assert addresses.engine_key != other.engine_key
    assert addresses.redis_password != other.redis_password


def test_everything_is_bound_to_loopback(settings, places, addresses):
    config = embedded.write_settings(settings, places, addresses)
    commands = {one.name: list(one.command) for one in embedded.programs(settings, places, addresses, config)}
    for name, option in (("redis", "--bind"), ("chroma", "--host"), ("engine", "--host"), ("api", "--host")):
        command = commands[name]
        assert command[command.index(option) + 1] == "127.0.0.1", name


def test_no_process_inherits_our_environment(settings, places, addresses, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-someone")
    config = embedded.write_settings(settings, places, addresses)
    for one in embedded.programs(settings, places, addresses, config):
        assert "OPENAI_API_KEY" not in one.environment
        assert one.environment["DO_NOT_TRACK"] == "1"


def test_credentials_come_back_as_they_were_saved(tmp_path):
    Credentials("admin", "a password").save(tmp_path)
    assert Credentials.load(tmp_path) == Credentials("admin", "a password")


def test_what_a_person_set_reaches_every_process(tmp_path, places, addresses, monkeypatch):
    monkeypatch.setenv("HOLDFAST_ANSWERS__POLICY", "flag")
    monkeypatch.setenv("HOLDFAST_WEB__SESSION_HOURS", "3")
    path = embedded.write_settings(Settings(data_dir=tmp_path / "data"), places, addresses)
    monkeypatch.delenv("HOLDFAST_ANSWERS__POLICY")
    monkeypatch.delenv("HOLDFAST_WEB__SESSION_HOURS")
    monkeypatch.setenv("HOLDFAST_CONFIG", str(path))
    read = Settings()
    assert (read.answers.policy, read.web.session_hours, read.web.port) == ("flag", 3, 3000)


def test_data_folder_is_its_owners_alone(settings, places, addresses):
    embedded.write_settings(settings, places, addresses)
    assert mode(settings.data_dir) == 0o700

import pytest
from pydantic import ValidationError

from services import settings as settings_module
from services.errors import UnsafeSettings
from services.settings import Settings, inherited_environment, load_settings, new_secret

SAFE = {
    "mode": "production",
    "secret_key": "k" * 32,
    "engine": {"api_key": "e" * 32},
    "database": {"url": "postgresql+psycopg://db/holdfast"},
    "release": {"lock": "/etc/holdfast/release.toml"},
}


@pytest.fixture
def environment(monkeypatch):
    """The variables a test sets, and none of the machine's."""
    for name in [name for name in settings_module.os.environ if name.startswith("HOLDFAST_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def test_embedded_settings_need_nothing(environment, tmp_path):
    settings = Settings(data_dir=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path / 'holdfast.db'}"
    assert settings.files_root == tmp_path / "files"
    assert not settings.cookies_are_secure


def test_nested_names_are_joined_by_two_underscores(environment):
    environment.setenv("HOLDFAST_INGESTION__LEASE_S", "2.5")
    assert Settings().ingestion.lease_s == 2.5


def test_a_variable_wins_over_the_file(environment, tmp_path):
    file = tmp_path / "holdfast.toml"
    file.write_text('[web]\nport = 4000\nhost = "10.0.0.1"\n')
    environment.setenv("HOLDFAST_CONFIG", str(file))
    environment.setenv("HOLDFAST_WEB__PORT", "5000")
    assert (Settings().web.port, Settings().web.host) == (5000, "10.0.0.1")


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError):
        Settings().web.port = 1


def test_an_unknown_name_in_a_section_is_refused():
    with pytest.raises(ValidationError, match="prot"):
        Settings(web={"prot": 1})


def test_production_with_everything_named_is_accepted(environment):
    assert Settings(**SAFE).cookies_are_secure


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"secret_key": "short"}, "HOLDFAST_SECRET_KEY"),
        ({"engine": {"api_key": ""}}, "HOLDFAST_ENGINE__API_KEY"),
        ({"database": {"url": ""}}, "HOLDFAST_DATABASE__URL"),
        ({"database": {"url": "sqlite:///holdfast.db"}}, "use PostgreSQL"),
        ({"release": {}}, "HOLDFAST_RELEASE__LOCK"),
        ({"web": {"secure_cookies": False}}, "HOLDFAST_WEB__SECURE_COOKIES"),
    ],
)
def test_production_refuses_what_is_unsafe(environment, change, named):
    with pytest.raises(UnsafeSettings, match=named):
        Settings(**(SAFE | change))


def test_production_names_every_problem_at_once(environment):
    with pytest.raises(UnsafeSettings) as refused:
        Settings(mode="production")
    assert refused.value.detail.count("HOLDFAST_") == 4


def test_a_secret_does_not_show_when_printed():
    assert "topsecret" not in repr(Settings(secret_key="topsecret"))


def test_settings_are_read_once(environment):
    load_settings.cache_clear()
    first = load_settings()
    environment.setenv("HOLDFAST_WEB__PORT", "5000")
    assert load_settings() is first
    load_settings.cache_clear()


def test_started_processes_inherit_nothing_of_ours(environment):
    environment.setenv("HOLDFAST_SECRET_KEY", "k" * 32)
    environment.setenv("https_proxy", "http://proxy")
    inherited = inherited_environment()
    assert "PATH" in inherited
    assert not any(name.startswith("HOLDFAST_") or "proxy" in name for name in inherited)


def test_secrets_are_long_and_differ():
    assert len(new_secret()) >= 43
    assert new_secret() != new_secret()

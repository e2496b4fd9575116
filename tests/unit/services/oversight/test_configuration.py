"""Settings as they are shown: all of them, where each comes from, and no secret."""

import pytest

from services import settings as settings_room
from services.oversight import configuration
from services.settings import Settings

PASSWORD = "pa55-word"


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """What is shown of settings of which some come from a file and some from the environment."""
    file = tmp_path / "holdfast.toml"
    file.write_text(
        '[answers]\nrunning = 7\nwaiting = 9\n[database]\nurl = "postgresql://u:pa55-word@db/h"\n'
    )
    monkeypatch.setenv("HOLDFAST_CONFIG", str(file))
    monkeypatch.setenv("HOLDFAST_ANSWERS__WAITING", "11")
    monkeypatch.setenv("HOLDFAST_ENGINE__API_KEY", PASSWORD)
    monkeypatch.setenv("HOLDFAST_QUEUE__URL", f"redis://:{PASSWORD}@redis/0")
    return {one.name: one for one in configuration.settings_shown(Settings())}


def test_each_value_says_where_it_comes_from(shown):
    told = {name: (shown[f"HOLDFAST_ANSWERS__{name}"].value, shown[f"HOLDFAST_ANSWERS__{name}"].origin)
            for name in ("RUNNING", "WAITING", "PASSAGES")}  # fmt: skip
    assert told == {"RUNNING": ("7", "file"), "WAITING": ("11", "environment"), "PASSAGES": ("8", "default")}


def test_no_secret_is_told_not_even_inside_an_address(shown):
    assert not [one for one in shown.values() if PASSWORD in one.value]
    key = shown["HOLDFAST_ENGINE__API_KEY"]
    assert (key.is_secret, key.value, key.origin) == (True, configuration.MASK, "environment")
    assert shown["HOLDFAST_SECRET_KEY"].value == ""
    assert shown["HOLDFAST_DATABASE__URL"].value == f"postgresql://{configuration.MASK}@db/h"


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://holdfast:aB/pa55-word@db/holdfast",
        "postgresql+psycopg://holdfast:p@pa55-word@db/holdfast",
        "postgresql+psycopg://db/holdfast?user=u&password=pa55-word&sslmode=require",
    ],
)
def test_an_odd_password_in_an_address_is_not_told_either(monkeypatch, address):
    monkeypatch.setenv("HOLDFAST_DATABASE__URL", address)
    shown = {one.name: one.value for one in configuration.settings_shown(Settings())}
    assert PASSWORD not in shown["HOLDFAST_DATABASE__URL"]
    assert "db/holdfast" in shown["HOLDFAST_DATABASE__URL"]


def test_every_field_of_the_settings_is_there(shown):
    fields = {f"HOLDFAST_{name.upper()}" for name in Settings.model_fields}
    assert all(any(one == field or one.startswith(f"{field}__") for one in shown) for field in fields)


def test_origins_are_empty_where_nothing_is_set(monkeypatch):
    monkeypatch.delenv("HOLDFAST_CONFIG", raising=False)
    for name in [name for name in settings_room.os.environ if name.startswith("HOLDFAST_")]:
        monkeypatch.delenv(name)
    assert settings_room.origins() == {}

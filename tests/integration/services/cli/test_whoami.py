"""`holdfast whoami` against a running Holdfast."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from services.cli import app, whoami
from services.database.session import now
from services.database.tables.identity import OutsideIdentity
from tests import administrator
from tests.company import Company


@pytest.fixture
def holdfast(monkeypatch, resources, settings):
    company = Company(resources)
    company.person("admin", "everyone", is_admin=True)
    company.person("eve", "everyone")
    company.library.group("hr")
    said = {"claims": {"sub": "u1", "groups": ["hr", "gone"]}, "group_names": ["gone", "hr"]}
    with resources.transactions.write() as session:
        session.add(
            OutsideIdentity(
                person_id=company.people["eve"],
                issuer="https://login.corp",
                subject="u1",
                expires_at=now() + timedelta(minutes=15),
                **said,
            )
        )
    with administrator.served(company, settings) as served:
        monkeypatch.setattr(whoami, "load_settings", lambda: served)
        monkeypatch.setattr(whoami.console, "width", 400)

        def run(*words: str):
            return CliRunner().invoke(app, ["whoami", *words])

        yield run, company


def test_claims_and_what_they_became_are_shown(holdfast, tmp_path):
    run, company = holdfast
    mine = run()
    assert mine.exit_code == 0, mine.output
    assert "administers  yes" in mine.output
    key = tmp_path / "key"
    key.write_text(company.key("eve", "ask")["Authorization"].removeprefix("Bearer ") + "\n")
    hers = run("--key-file", str(key))
    assert hers.exit_code == 0, hers.output
    assert "groups       everyone, hr" in hers.output
    assert "https://login.corp said at" in hers.output
    assert "gone                 → nothing here" in hers.output
    key.write_text("hf_" + "A" * 43)
    assert run("--key-file", str(key)).exit_code == 1

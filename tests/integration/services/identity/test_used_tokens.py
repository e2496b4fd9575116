"""A signed token counts once, on either database."""

from datetime import timedelta

import pytest

from services import errors
from services.database.session import now
from services.database.tables.identity import UsedToken
from services.identity import used_tokens


def test_token_counts_once_for_its_signer_until_it_is_over(transactions) -> None:
    until = now() + timedelta(minutes=5)
    with transactions.write() as session:
        used_tokens.use_once(session, "account", "the same id", until)
        used_tokens.use_once(session, "another account", "the same id", until)
    with pytest.raises(errors.SignInRefused), transactions.write() as session:
        used_tokens.use_once(session, "account", "the same id", until)
    with transactions.write() as session:
        for row in session.query(UsedToken):
            row.expires_at = now() - timedelta(seconds=1)
    with transactions.write() as session:
        used_tokens.use_once(session, "account", "the same id", until)
        assert session.query(UsedToken).count() == 1

from sqlalchemy import func, select

from services.database.tables.identity import Group, Person
from services.identity import first_start, passwords


def test_the_first_administrator_is_made_once(transactions):
    with transactions.write() as session:
        made = first_start.ensure_first_admin(session, "Admin", "a long password")
        assert made is not None
        assert (made.login, made.is_admin) == ("admin", True)
        assert [group.name for group in made.groups] == ["everyone"]
    with transactions.write() as session:
        assert first_start.ensure_first_admin(session, "admin", "another password") is None
    with transactions.read() as session:
        assert passwords.is_right(session.scalars(select(Person)).one().password_hash, "a long password")


def test_loading_the_same_people_twice_changes_nothing(transactions):
    def load() -> tuple[int, int]:
        with transactions.write() as session:
            first_start.ensure_group(session, "hr")
            first_start.ensure_person(session, "ada", "Ada", "a long password", ["hr", "it"])
        with transactions.read() as session:
            counts = [session.scalar(select(func.count()).select_from(t)) for t in (Group, Person)]
            return counts[0], counts[1]

    assert load() == load() == (3, 1)


def test_a_person_who_is_there_gains_groups_and_keeps_password_and_rank(transactions):
    with transactions.write() as session:
        first_start.ensure_person(session, "ada", "Ada", "a long password", ["hr"])
    with transactions.write() as session:
        ada = first_start.ensure_person(session, "ADA", "?", "other password", ["it"], is_admin=True)
    assert [group.name for group in ada.groups] == ["everyone", "hr", "it"]
    assert (ada.name, ada.is_admin) == ("Ada", False)
    assert passwords.is_right(ada.password_hash, "a long password")

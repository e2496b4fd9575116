import threading

import pytest
from sqlalchemy import select

from services import audit, errors
from services.database.tables.audit import AuditEntry
from services.database.tables.identity import Person
from services.identity import people

PEOPLE = "/api/v1/people"
GROUPS = "/api/v1/groups"
UNKNOWN = "f" * 32


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", PEOPLE, None),
        ("POST", PEOPLE, {"login": "eve", "password": "x" * 12}),
        ("PATCH", f"{PEOPLE}/{UNKNOWN}", {"is_admin": True}),
        ("GET", GROUPS, None),
        ("POST", GROUPS, {"name": "new"}),
        ("PUT", f"{GROUPS}/{UNKNOWN}/members", {"person_ids": []}),
        ("DELETE", f"{GROUPS}/{UNKNOWN}", None),
    ],
)
def test_administration_is_for_administrators(open_browser, method, path, body):
    assert open_browser().request(method, path, json=body).status_code == 401
    assert open_browser("ada").request(method, path, json=body).status_code == 403


def test_a_new_person_is_in_everyone_and_signs_in(open_browser, company):
    body = {"login": "Eve", "name": "Eve", "password": "a long password", "group_ids": [company.hr.id]}
    made = open_browser("admin").post(PEOPLE, json=body)
    assert made.status_code == 201
    assert [group["name"] for group in made.json()["groups"]] == ["everyone", "hr"]
    assert "password" not in made.text
    assert open_browser().sign_in("eve", "a long password").status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"login": "ADA"}, 409),
        ({"login": "two words"}, 400),
        ({"login": " "}, 422),
        ({"login": "ev\0e"}, 422),
        ({"name": "Eve\0"}, 422),
        ({"password": "short"}, 422),
        ({"group_ids": [UNKNOWN]}, 400),
        ({"group_ids": ["not an id"]}, 422),
        ({"is_owner": True}, 422),
    ],
)
def test_an_unfit_person_is_refused(open_browser, change, status):
    body = {"login": "eve", "name": "Eve", "password": "a long password"} | change
    assert open_browser("admin").post(PEOPLE, json=body).status_code == status


def test_people_are_listed_page_by_page(open_browser):
    admin = open_browser("admin")
    first = admin.get(PEOPLE, params={"limit": 2}).json()
    second = admin.get(PEOPLE, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [person["login"] for person in first["items"] + second["items"]] == ["ada", "admin", "ben"]
    assert second["next_cursor"] is None


def test_groups_are_listed_with_their_members_counted(open_browser):
    listed = open_browser("admin").get(GROUPS).json()
    assert [(group["name"], group["member_count"]) for group in listed["items"]] == [
        ("everyone", 3),
        ("finance", 1),
        ("hr", 1),
    ]


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "another password"}])
def test_suspension_and_a_new_password_end_sessions_at_once(open_browser, company, change):
    ada = open_browser("ada")
    assert open_browser("admin").patch(f"{PEOPLE}/{company.ada.id}", json=change).status_code == 200
    assert ada.get("/whoami").status_code == 401


def test_a_suspended_person_who_returns_must_sign_in_again(open_browser, company):
    ada, admin = open_browser("ada"), open_browser("admin")
    for is_active in (False, True):
        admin.patch(f"{PEOPLE}/{company.ada.id}", json={"is_active": is_active})
    assert ada.get("/whoami").status_code == 401
    assert ada.sign_in("ada").status_code == 200


def test_groups_of_a_person_change_but_for_everyone(open_browser, company):
    body = {"group_ids": [company.finance.id]}
    changed = open_browser("admin").patch(f"{PEOPLE}/{company.ada.id}", json=body).json()
    assert [group["name"] for group in changed["groups"]] == ["everyone", "finance"]
    changed = open_browser("admin").patch(f"{PEOPLE}/{company.ada.id}", json={"group_ids": []}).json()
    assert [group["name"] for group in changed["groups"]] == ["everyone"]


def test_naming_and_dismissing_an_administrator_acts_at_once(open_browser, company):
    admin, ada = open_browser("admin"), open_browser("ada")
    admin.patch(f"{PEOPLE}/{company.ada.id}", json={"is_admin": True})
    assert ada.get(PEOPLE).status_code == 200
    admin.patch(f"{PEOPLE}/{company.ada.id}", json={"is_admin": False})
    assert ada.get(PEOPLE).status_code == 403


@pytest.mark.parametrize("change", [{"is_admin": False}, {"is_active": False}])
def test_the_last_administrator_stays(open_browser, company, change):
    admin = open_browser("admin")
    reply = admin.patch(f"{PEOPLE}/{company.admin.id}", json=change)
    assert (reply.status_code, reply.json()["code"]) == (409, "conflict")
    admin.patch(f"{PEOPLE}/{company.ada.id}", json={"is_admin": True})
    assert admin.patch(f"{PEOPLE}/{company.admin.id}", json=change).status_code == 200


def test_two_administrators_stepping_down_at_once_leave_one(company, transactions):
    with transactions.write() as session:
        session.merge(company.ada).is_admin = True
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def step_down(person_id: str) -> None:
        together.wait()
        try:
            with transactions.write() as session:
                change = people.PersonChange(is_admin=False)
                people.change_person(session, people.FIRST_START, person_id, change)
            outcomes.append("left")
        except errors.Conflict:
            outcomes.append("stayed")

    threads = [threading.Thread(target=step_down, args=[p.id]) for p in (company.admin, company.ada)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["left", "stayed"]
    with transactions.read() as session:
        assert len(session.scalars(select(Person).where(Person.is_admin)).all()) == 1


def test_members_are_exactly_those_given(open_browser, company):
    admin = open_browser("admin")
    path = f"{GROUPS}/{company.hr.id}/members"
    assert admin.put(path, json={"person_ids": [company.ben.id]}).json()["member_count"] == 1
    people_now = {person["login"]: person["groups"] for person in admin.get(PEOPLE).json()["items"]}
    assert company.hr.id in {group["id"] for group in people_now["ben"]}
    assert company.hr.id not in {group["id"] for group in people_now["ada"]}
    assert admin.put(path, json={"person_ids": [UNKNOWN]}).status_code == 400
    assert admin.put(f"{GROUPS}/{UNKNOWN}/members", json={"person_ids": []}).status_code == 404


def test_everyone_stays_as_it_is(open_browser, transactions):
    with transactions.read() as session:
        everyone = people.everyone(session).id
    admin = open_browser("admin")
    assert admin.delete(f"{GROUPS}/{everyone}").status_code == 409
    assert admin.put(f"{GROUPS}/{everyone}/members", json={"person_ids": []}).status_code == 409


def test_groups_come_and_go(open_browser, company):
    admin = open_browser("admin")
    made = admin.post(GROUPS, json={"name": "it"})
    assert made.status_code == 201
    assert admin.post(GROUPS, json={"name": " it "}).status_code == 409
    assert admin.delete(f"{GROUPS}/{made.json()['id']}").status_code == 204
    assert admin.delete(f"{GROUPS}/{made.json()['id']}").status_code == 404


def test_changes_leave_a_trail_without_names(open_browser, company, transactions):
    admin = open_browser("admin")
    admin.post(PEOPLE, json={"login": "eve", "name": "Eve Adams", "password": "a long password"})
    admin.patch(f"{PEOPLE}/{company.ada.id}", json={"name": "Ada L."})
    admin.put(f"{GROUPS}/{company.hr.id}/members", json={"person_ids": [company.ben.id]})
    admin.delete(f"{GROUPS}/{company.hr.id}")
    with transactions.read() as session:
        by_admin = AuditEntry.actor == audit.known_digest(session, company.admin.id)
        entries = session.scalars(select(AuditEntry).where(by_admin)).all()
    assert [entry.action for entry in entries] == [
        "person.created",
        "person.changed",
        "group.members_changed",
        "group.deleted",
    ]
    assert len({entry.credential for entry in entries}) == 1
    assert "Eve" not in repr([entry.detail for entry in entries])
    assert company.ben.id not in repr([entry.detail for entry in entries])


def test_a_refused_change_leaves_no_trail(open_browser, company, transactions):
    admin = open_browser("admin")
    admin.patch(f"{PEOPLE}/{company.admin.id}", json={"is_admin": False})
    with transactions.read() as session:
        assert list(session.scalars(select(AuditEntry.action))) == []

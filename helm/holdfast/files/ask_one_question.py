"""`helm test`: put one small document in, ask what it says, check the citation, and take it out again.

Standard library only. It goes through the same doors as anybody: sign-in, upload, job, question. What it
leaves behind is a group and a collection named `helm-test`, empty and readable by its administrator alone.

    ask_one_question.py http://holdfast-api:80 admin /run/secrets/admin/password
"""

import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

NAME = "helm-test"
DOCUMENT = "helm-test-parking.txt"
TEXT = "Parking at the harbour office\n\nVisitors park on level 7 of the harbour garage, free for 90 minutes.\n"
QUESTION = "On which level of the harbour garage do visitors park?"
EXPECTED = "7"
WAIT_S = 300.0


class Failed(Exception):
    """What went wrong, in one sentence."""


class Door:
    """Requests to the api with the cookie and the token of one session."""

    def __init__(self, address):
        self.address, self.headers = address.rstrip("/"), {}

    def call(self, method, path, body=None, content_type="application/json"):
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        headers = dict(self.headers, Accept="application/json")
        if data is not None:
            headers["Content-Type"] = content_type
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=180) as reply:
                text = reply.read()
                return reply, json.loads(text) if text else {}
        except urllib.error.HTTPError as error:
            raise Failed(f"{method} {path}: {error.code} {error.read().decode(errors='replace')[:500]}") from error
        except OSError as error:
            raise Failed(f"{method} {path}: {error}") from error

    def sign_in(self, login, password):
        reply, session = self.call("POST", "/api/v1/session", {"login": login, "password": password})
        # The cookie is for HTTPS only; inside the cluster it is carried by hand.
        self.headers["Cookie"] = reply.headers["Set-Cookie"].partition(";")[0]
        self.headers["X-CSRF-Token"] = session["csrf_token"]
        return session["person"]["id"]


def every(door, path):
    """All items of a list, page after page."""
    cursor = ""
    while cursor is not None:
        _, page = door.call("GET", f"{path}?limit=100" + (f"&cursor={cursor}" if cursor else ""))
        yield from page["items"]
        cursor = page.get("next_cursor")


def private_collection(door, person_id):
    """The test's own collection, made at the first run, for the administrator alone."""
    found = next((group for group in every(door, "/api/v1/groups") if group["name"] == NAME), None)
    group = found or door.call("POST", "/api/v1/groups", {"name": NAME})[1]
    door.call("PUT", f"/api/v1/groups/{group['id']}/members", {"person_ids": [person_id]})
    if not any(row["name"] == NAME for row in every(door, "/api/v1/collections")):
        groups = {"reader_group_ids": [group["id"]], "contributor_group_ids": [group["id"]]}
        door.call("POST", "/api/v1/collections", {"name": NAME, **groups})


def put_in(door):
    """Upload the document; its id, once it can be found."""
    mark = "holdfast-helm-test"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="collection"\r\n\r\n{NAME}\r\n',
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{DOCUMENT}"\r\n'
        f"Content-Type: text/plain\r\n\r\n{TEXT}\r\n--{mark}--\r\n",
    ]
    _, made = door.call("POST", "/api/v1/documents", "".join(parts).encode(), f"multipart/form-data; boundary={mark}")
    job, ends_at = made["job"], time.monotonic() + WAIT_S
    while job["state"] in ("waiting", "running"):
        if time.monotonic() > ends_at:
            raise Failed(f"the document was not read within {WAIT_S:.0f} s: is a worker running?")
        time.sleep(1)
        _, job = door.call("GET", f"/api/v1/jobs/{job['id']}")
    if job["state"] != "done":
        raise Failed(f"the document was not read: {job}")
    return made["document"]["id"]


def check_answer(answer, release):
    if answer["release_id"] != release:
        raise Failed(f"the answer comes from release {answer['release_id']}, /ready names {release}")
    cited = {citation["document_name"] for citation in answer["citations"]}
    if cited != {DOCUMENT} or EXPECTED not in answer["text"]:
        raise Failed(f"expected an answer with {EXPECTED!r}, cited from {DOCUMENT}: {answer['text']!r}, {cited or 'uncited'}")


def main(address, login, password_file):
    door = Door(address)
    _, state = door.call("GET", "/ready")
    down = [part for part, is_up in state["parts"].items() if not is_up]
    if down:
        raise Failed(f"down: {', '.join(down)}")
    person_id = door.sign_in(login, Path(password_file).read_text(encoding="utf-8").strip())
    try:
        private_collection(door, person_id)
        document = put_in(door)
        try:
            _, answer = door.call("POST", "/api/v1/answers", {"question": QUESTION, "collections": [NAME]})
            check_answer(answer, state["release_id"])
        finally:
            door.call("DELETE", f"/api/v1/documents/{document}")
    finally:
        door.call("DELETE", "/api/v1/session")
    print(f"{QUESTION}\n{answer['text']}\n  [{answer['citations'][0]['quote']}]\n  release {answer['release_id'][:12]}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Failed as problem:
        sys.exit(f"helm test failed: {problem}")

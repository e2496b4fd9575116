"""What people do meanwhile: uploads, new versions, removals, questions; each noted as it was answered."""

import random
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from tests.chaos.journal import Held, Journal
from tests.stack import Stack

FILLER = (
    "It is kept by the front desk of the building, which writes down who asked for it, at which hour it was "
    "handed out, and when it came back. Whoever loses it tells the desk on the same day."
)
ENDINGS = ("answer", "failed")
ASKED = {"question": "Who keeps the code of the note?", "policy": "off"}


@dataclass
class Traffic:
    """One sender's requests of one round, made in a thread of its own."""

    stack: Stack
    journal: Journal
    chance: random.Random
    touched: set[str] = field(default_factory=set)
    endings: list[str] = field(default_factory=list)
    """How each stream of an answer ended: by its last event's name, or `broken off`."""
    error: Exception | None = None

    def start(self, requests: int) -> threading.Thread:
        thread = threading.Thread(target=self._guarded, args=(requests,), name="traffic")
        thread.start()
        return thread

    def raise_error(self) -> None:
        """What should not have happened to a sender, in the thread that looks after the rounds."""
        if self.error is not None:
            raise self.error

    def _guarded(self, requests: int) -> None:
        try:
            self._run(requests)
        except Exception as error:  # noqa: BLE001  (raised again where somebody sees it)
            self.error = error

    def _run(self, requests: int) -> None:
        with self.stack.another_client() as client:
            for _ in range(requests):
                acts = [self._upload, self._upload, self._upload, self._ask]
                if self.journal.living():
                    acts += [self._replace, self._replace, self._remove]
                self.chance.choice(acts)(client)

    def upload_one(self) -> str:
        """One more document, by whoever strikes; its name."""
        name = f"struck-{secrets.token_hex(4)}.txt"
        with self.stack.another_client() as client:
            self._send(client, name)
        return name

    def upload_and_remove(self, is_time: Callable[[str], bool]) -> None:
        """Remove what was just handed in, as soon as it is time by its run."""
        held = self.journal.held[self.upload_one()]
        if not held.job_id:
            return  # it may be there or not; nobody can say which document to remove
        self.stack.until(lambda: is_time(held.job_id), "the document is being read")
        with self.stack.another_client() as client:
            self._take_away(client, held)

    def _upload(self, client: httpx.Client) -> None:
        self._send(client, f"note-{self.chance.randrange(16**8):08x}.txt")

    def _replace(self, client: httpx.Client) -> None:
        self._send(client, self.chance.choice(self.journal.living()).name)

    def _send(self, client: httpx.Client, name: str) -> None:
        marker = f"qz{self.chance.randrange(16**10):010x}"
        paragraphs = self.chance.randrange(1, 12)
        text = f"The code of {name} is {marker}.\n\n" + "\n\n".join([f"{name}: {FILLER}"] * paragraphs)
        self.touched.add(name)
        try:
            reply = client.post(
                "/api/v1/documents", data={"collection": "handbook"}, files={"file": (name, text.encode())}
            )
        except httpx.TransportError:
            self.journal.upload_broken_off(name, marker)
            return
        if reply.status_code == 202:
            self.journal.uploaded(name, marker, reply.json())
        elif reply.status_code >= 500:
            self.journal.upload_broken_off(name, marker)
        else:
            raise AssertionError(f"an upload was answered {reply.status_code}: {reply.text}")

    def _remove(self, client: httpx.Client) -> None:
        self._take_away(client, self.chance.choice(self.journal.living()))

    def _take_away(self, client: httpx.Client, held: Held) -> None:
        self.touched.add(held.name)
        try:
            status = client.delete(f"/api/v1/documents/{held.document_id}").status_code
        except httpx.TransportError:
            self.journal.removal_broken_off(held.name)
            return
        if status == 204:
            self.journal.removed(held.name)
        elif status >= 500:
            self.journal.removal_broken_off(held.name)
        else:
            raise AssertionError(f"a removal was answered {status}")

    def _ask(self, client: httpx.Client) -> None:
        headers = {"Accept": "text/event-stream"}
        try:
            with client.stream("POST", "/api/v1/answers", json=ASKED, headers=headers) as reply:
                if reply.status_code != 200:
                    self.endings.append("refused")
                    return
                names = [line[7:] for line in reply.iter_lines() if line.startswith("event: ")]
        except httpx.TransportError:
            self.endings.append("broken off")
            return
        self.endings.append(names[-1] if names else "nothing")

    def wrong_endings(self, *, api_died: bool) -> int:
        """Streams that ended without saying how, although the api lived."""
        told = (*ENDINGS, "refused") + (("broken off",) if api_died else ())
        return sum(ending not in told for ending in self.endings)

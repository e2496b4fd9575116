"""Places for answers over real connections: one in line is told, a full line refuses every door at once."""

import httpx
import pytest

from services.settings import Answers, Settings
from tests.parts import SqliteTemplate, wait_until
from tests.travel import QUESTION
from tests.wire import STREAM, Events, ask, asking


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path) -> Settings:
    migrated_sqlite.copy_to(tmp_path)
    narrow = Answers(heartbeat_s=0.05, running=1, waiting=1, running_each=5, wait_s=60)
    return Settings(
        data_dir=tmp_path,
        secret_key="s" * 32,
        answers=narrow,
        engine={"timeout_s": 60, "api_key": "engine-key"},
    )


def test_the_second_waits_in_line_and_is_answered_when_the_first_has_left(address, ada, hold):
    hold.touch()
    with asking(address, ada, question=QUESTION) as first:
        first.until("passages")
        with asking(address, ada, question=QUESTION) as second:
            assert second.until("waiting") == {"position": 1}
            first.reply.close()
            second.until("passages")
            hold.unlink()
            assert second.until("answer")["state"] == "done"


def test_a_full_line_refuses_at_once_through_every_door(address, ada, hold):
    hold.touch()
    with asking(address, ada, question=QUESTION) as first, asking(address, ada, question=QUESTION) as second:
        first.until("passages")
        second.until("waiting")
        native = ask(address, ada, question=QUESTION)
        body = {"model": "holdfast", "messages": [{"role": "user", "content": QUESTION}], "stream": True}
        openai = httpx.post(
            f"{address}/v1/chat/completions", json=body, headers=ada, trust_env=False, timeout=60
        )
        hold.unlink()
    assert (native.status_code, native.json()["code"]) == (429, "too_many_requests")
    assert (openai.status_code, openai.json()["error"]["code"]) == (429, "too_many_requests")
    assert int(native.headers["retry-after"]) >= 1
    assert int(openai.headers["retry-after"]) >= 1


def waits_and_leaves(address, headers) -> bool:
    """Whether there was room in the line; who is let in waits in it for a moment."""
    body = {"question": QUESTION}
    with httpx.stream(
        "POST", f"{address}/api/v1/answers", json=body, headers=headers | STREAM, trust_env=False, timeout=60
    ) as reply:
        if reply.status_code == 429:
            return False
        Events(reply).until("waiting")
        return True


def test_who_leaves_the_line_leaves_no_trace(address, ada, hold):
    hold.touch()
    with asking(address, ada, question=QUESTION) as first:
        first.until("passages")
        for _ in range(3):
            wait_until(lambda: waits_and_leaves(address, ada), "who left has made room in the line")
        hold.unlink()
        first.until("answer")
    assert ask(address, ada, question=QUESTION).status_code == 200

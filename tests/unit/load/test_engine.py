"""What the engine of given speed says."""

import itertools
import json

from tests.load import engine
from tests.load.world import READ_OUT, rooms_text


def speech(text):
    return engine.speech_for(json.dumps({"messages": [{"role": "user", "content": text}]}).encode())


def test_a_question_with_a_number_is_answered_from_its_sources():
    said = speech(f"{rooms_text()}\n\nQuestion: {READ_OUT.format(17)}")
    words = "".join(said.tokens())
    assert said.request == 17
    assert words.startswith("Room 100 of the Millgate office is looked after by Quentin Marlow,")
    assert [text for text, _at_us in said.ended] == said.sentences[:-1]


def test_any_other_question_gets_stamps_in_paragraphs():
    tokens = list(itertools.islice(speech("Who keeps the key?").tokens(), 20))
    assert all(token.startswith("@") for token in tokens)
    assert [token.endswith("\n\n") for token in tokens] == [False] * 19 + [True]

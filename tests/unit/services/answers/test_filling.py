"""A model's JSON held against its sources: what stands, what becomes null, and when all of it is refused."""

import json

import pytest

from services import errors
from services.answers import filling, shapes
from services.answers.grounding import GroundingThresholds, LeafChecker
from services.passages import Passage

QUESTION = "What are the travel limits for hotels, trains and cities?"
PROSE = "Hotels cost at most 120 euro a night. Train tickets are refunded within 30 days."
TABLE = "| City | Limit | Meals |\n|---|---|---|\n| Paris | 120 | 45 |\n| Rome | 90 | 35 |"
MIXED = "Berlin costs 110 euro and Oslo 190 euro. The policy applies from 3 March 2023."
TEXT, NUMBER = {"type": ["string", "null"]}, {"type": ["number", "null"]}


def passage(number, text, kind="text"):
    place = {"start": 0, "end": len(text), "score": 1.0, "kind": kind}
    return Passage(str(number) * 64, f"v{number}", f"d{number}", "c", "travel.pdf", text, **place)


CHECKER = LeafChecker(
    [passage(1, PROSE), passage(2, TABLE, "table"), passage(3, MIXED)], QUESTION, GroundingThresholds()
)


def fill(value, required=(), **properties):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    said = value if isinstance(value, str) else json.dumps(value)
    return filling.fill(said, shapes.read(schema), CHECKER)


def kept(value, shape):
    """What becomes of one property's value; `limit` is its name."""
    name, said = value
    return fill({name: said}, **{name: shape}).value[name]


@pytest.mark.parametrize(
    ("name", "said", "shape"),
    [
        ("hotel_limit", 120, NUMBER),
        ("hotelLimit", "120 euro", TEXT),
        ("refund_days", 30, NUMBER),
        ("berlin_limit", 110, NUMBER),
        ("applies_from", "3 March 2023", TEXT),
        ("rule", "Train tickets are refunded within 30 days.", TEXT),
    ],
)
def test_what_a_source_states_stands(name, said, shape):
    assert kept((name, said), shape) == said


@pytest.mark.parametrize(
    ("name", "said", "shape"),
    [
        ("hotel_limit", 130, NUMBER),
        ("train_limit", 120, NUMBER),  # said of hotels
        ("oslo_limit", 110, NUMBER),  # said of Berlin in the same sentence
        ("hotel_limit", "120 dollars", TEXT),
        ("applies_from", "3 March 2022", TEXT),
        ("rule", "Train tickets are not refunded within 30 days.", TEXT),
        ("rule", "The documents do not say.", TEXT),
    ],
)
def test_what_no_source_states_becomes_null(name, said, shape):
    assert kept((name, said), shape) is None


def test_each_object_of_a_list_is_held_against_what_it_is_about():
    city = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "limit": NUMBER, "meals": NUMBER},
        "required": ["city", "limit", "meals"],
    }
    said = [
        {"city": "Paris", "limit": 120, "meals": 45},
        {"city": "Rome", "limit": 120, "meals": 35},
        {"city": "Rome", "limit": 35, "meals": 90},
    ]
    found = fill({"cities": said}, cities={"type": "array", "items": city})
    assert [(row["limit"], row["meals"]) for row in found.value["cities"]] == [
        (120, 45),
        (None, 35),
        (None,) * 2,
    ]
    assert found.emptied == ("/cities/1/limit", "/cities/2/limit", "/cities/2/meals")


def test_every_value_has_its_source_and_its_place():
    found = fill({"a": {"hotel_limit": 120}}, a={"type": "object", "properties": {"hotel_limit": NUMBER}})
    (sentence,) = found.sentences
    assert (sentence.pointer, sentence.text) == ("/a/hotel_limit", "120")
    assert sentence.citations[0].quote == "Hotels cost at most 120 euro a night."
    assert (sentence.citations[0].start, sentence.citations[0].passage.document_id) == (0, "d1")


def test_null_goes_to_the_nearest_part_that_may_be_null_and_takes_its_citations_along():
    inner = {"hotel_limit": {"type": "number"}, "refund_days": {"type": "number"}}
    hotel = {"type": ["object", "null"], "properties": inner, "required": list(inner)}
    found = fill({"hotel": {"hotel_limit": 120, "refund_days": 31}}, required=["hotel"], hotel=hotel)
    assert found.value == {"hotel": None}
    assert (found.sentences, found.emptied) == ((), ("/hotel/refund_days",))


def test_a_property_that_need_not_be_there_is_left_out():
    assert fill({"hotel_limit": 130}, hotel_limit={"type": "number"}).value == {}


def test_where_null_is_not_allowed_the_answer_is_refused_without_the_value():
    with pytest.raises(errors.AnswerUnsupported) as refused:
        fill({"hotel_limit": 130}, required=["hotel_limit"], hotel_limit={"type": "number"})
    assert "/hotel_limit" in refused.value.detail
    assert "130" not in refused.value.detail


@pytest.mark.parametrize(
    "said",
    ["", '{"a": "cut of', "[]", '"text"', '{"a": 3}', '{"b": "more"}', '{"a": true}', "{}", "[" * 100_000],
)
def test_what_is_not_of_the_schema_is_no_answer(said):
    with pytest.raises(errors.AnswerUnfit):
        fill(said, required=["a"], a={"type": "string"})


def test_what_claims_nothing_needs_no_source():
    value = {"a": "", "b": None, "c": [], "d": "v1"}
    shapes_of = {"a": TEXT, "b": TEXT, "c": {"type": "array", "items": TEXT}, "d": {"const": "v1"}}
    assert fill(value, **shapes_of).value == value

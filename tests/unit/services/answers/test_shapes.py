"""What of JSON Schema is understood, and that all else is refused before a model is asked."""

import pytest
from pydantic import BaseModel, Field

from services import errors
from services.answers import shapes

NULL = {"type": "null"}


class Stay(BaseModel):
    city: str
    limit: float | None = Field(default=None, description="per night")


class Report(BaseModel):
    stays: list[Stay]
    main: Stay | None


def an_object(**properties):
    return {"type": "object", "properties": properties, "required": list(properties)}


def test_what_pydantic_writes_is_read_without_its_references():
    schema = shapes.read(Report.model_json_schema()).as_schema()
    stay = schema["properties"]["stays"]["items"]
    assert stay == schema["properties"]["main"]["anyOf"][0]
    number = {"type": "number", "description": "per night"}
    assert stay["properties"]["limit"] == {"anyOf": [number, NULL]}
    assert (stay["required"], stay["additionalProperties"]) == (["city"], False)


def test_a_type_that_lists_null_is_the_same_as_one_of_two():
    listed = shapes.read(an_object(a={"type": ["string", "null"]}))
    assert listed == shapes.read(an_object(a={"anyOf": [{"type": "string"}, NULL]}))


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string"}, "describes an object"),
        ({"type": ["object", "null"], "properties": {"a": {"type": "string"}}}, "describes an object"),
        ({"type": "object"}, "has properties"),
        (an_object(a={"type": "boolean"}), "yes or no cannot be checked"),
        (an_object(a={"type": "string", "pattern": "x"}), "not supported: pattern"),
        (an_object(a={"anyOf": [{"type": "string"}, {"type": "number"}]}), "one schema, or null"),
        (an_object(a={"$ref": "https://example.org/schema"}), "own $defs"),
        (an_object(a={"type": "array"}), "/a/0"),
        (an_object(a={"type": "string", "maxLength": -1}), "bounds"),
        (an_object(a={"type": 7}), "not a JSON Schema"),
        ({**an_object(a={"type": "string"}), "additionalProperties": True}, "additionalProperties"),
        ({**an_object(a={"type": "string"}), "required": [[]]}, "not a JSON Schema"),
        ({**an_object(a={"$ref": "#/$defs/b"}), "$defs": {"b": 7}}, "not a JSON Schema"),
        (
            {**an_object(a={"$ref": "#/$defs/b"}), "$defs": {"b": an_object(c={"$ref": "#/$defs/b"})}},
            "itself",
        ),
        (an_object(**{f"p{number}": {"type": "string"} for number in range(101)}), "at most 100"),
        (an_object(a={"type": "string", "description": "x" * 20_000}), "at most 16000 bytes"),
        (an_object(a={"type": "string", "description": "\ud800"}), "not a JSON Schema"),
        (an_object(a={"type": "string", "enum": "abc"}), "enum lists"),
        (
            {
                **an_object(**{f"p{number}": {"$ref": "#/$defs/b"} for number in range(90)}),
                "$defs": {"b": {"type": "string", "description": "x" * 2000}},
            },
            "written out",
        ),
    ],
)
def test_what_cannot_be_promised_is_refused_with_its_place(schema, said):
    with pytest.raises(errors.UnsupportedParameter) as refused:
        shapes.read(schema)
    assert said in refused.value.detail


@pytest.mark.parametrize(
    ("schema", "fitting", "unfitting"),
    [
        ({"type": "integer"}, [3], [3.5, "3", True, None]),
        ({"type": ["number", "null"]}, [3, 3.5, None], ["3", False]),
        ({"type": "string", "maxLength": 2}, ["ab", ""], ["abc", 3]),
        ({"enum": ["low", "high"]}, ["low"], ["middle", None]),
        ({"type": "array", "items": {"type": "string"}, "minItems": 1}, [["a"]], [[], {}]),
        ({"const": 1}, [1], [True, 2, None]),
        ({"type": "null"}, [None], ["", 0]),
    ],
)
def test_a_shape_says_what_fits_it(schema, fitting, unfitting):
    shape = dict(shapes.read(an_object(a=schema)).properties)["a"]
    assert [value for value in fitting if not shape.fits(value)] == []
    assert [value for value in unfitting if shape.fits(value)] == []


@pytest.mark.parametrize(
    ("name", "words"),
    [("maxHotelPrice", "max hotel price"), ("max_hotel-price2", "max hotel price 2"), ("URL", "URL")],
)
def test_a_property_is_read_as_words(name, words):
    assert shapes.spoken(name) == words


def test_a_pointer_escapes_what_it_is_written_with():
    assert shapes.pointer(shapes.pointer("", "a/b"), "~") == "/a~1b/~0"

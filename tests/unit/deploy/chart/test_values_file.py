"""values.yaml's comments become rows and shapes."""

import pytest

from deploy.chart import readme, schema, values_file

TEXT = """# How the thing is called,
# on two lines.
name: "" # not this one
# A group.
group:
  # Most of it.
  # schema: {"minimum": 1}
  most: 3
  # Anything by name.
  # schema: {"type": "object", "additionalProperties": {"type": "string"}}
  labels: {}
"""


@pytest.fixture
def keys(tmp_path):
    (tmp_path / "values.yaml").write_text(TEXT)
    return values_file.read(tmp_path / "values.yaml")


def test_comments_above_a_key_are_its_text(keys):
    name, group = keys
    assert name.text == "How the thing is called, on two lines."
    assert [child.name for child in group.children] == ["group.most", "group.labels"]
    assert group.children[0].hint == {"minimum": 1}


def test_shapes_are_closed_and_say_what_the_default_cannot(keys):
    shape = schema.of(keys)
    group = shape["properties"]["group"]
    assert shape["additionalProperties"] is False
    assert group["additionalProperties"] is False
    assert group["properties"]["most"] == {"type": "integer", "minimum": 1, "description": "Most of it."}


def test_an_empty_default_must_say_its_shape(tmp_path):
    (tmp_path / "values.yaml").write_text("# Which.\nlist: []\n")
    with pytest.raises(TypeError, match="list: its default does not show its type"):
        schema.of(values_file.read(tmp_path / "values.yaml"))


def test_every_key_has_its_row(keys):
    text = readme.of("before\n<!-- values -->\nafter\n", keys)
    assert "| `group.most` | `3` | Most of it. |" in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")

"""What of the product's settings may be written in the chart's values."""

import json

from deploy.chart import settings


def test_secrets_and_what_the_chart_decides_are_not_among_them():
    named = {name for name, _, _ in settings.rows()}
    assert "answers.policy" in named
    assert "ingestion.parse_memory_bytes" in named
    for never in ("secret_key", "engine.api_key", "database.url", "web.port", "release.lock", "mode"):
        assert never not in named


def test_every_object_is_closed_and_nothing_refers_elsewhere():
    shape = settings.schema()
    text = json.dumps(shape)
    assert "$ref" not in text
    assert text.count('"type": "object"') <= text.count('"additionalProperties"')
    assert shape["properties"]["answers"]["properties"]["policy"]["enum"] == ["strict", "flag", "off"]

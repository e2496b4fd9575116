import json

import pytest

from services import errors
from services.evaluation import results
from tests.unit.services.evaluation.gold import NO_ANSWER, outcome, passage, result


def test_a_result_is_read_as_it_was_written(tmp_path):
    made = result(outcome(of_it=[passage()]), outcome(NO_ANSWER, kind="refused", text="no"))
    results.write(tmp_path / "r.json", made)
    assert results.read(tmp_path / "r.json") == made
    assert made.totals["right_refusals"].questions == 1
    assert made.asked[0].sources == ["list.pdf"]


def test_totals_are_counted_anew(tmp_path):
    row = json.loads(result(outcome()).model_dump_json())
    row["totals"] = {"page_exact": {"value": 1.0, "questions": 1000}}
    (tmp_path / "r.json").write_text(json.dumps(row))
    assert results.read(tmp_path / "r.json").totals["page_exact"].questions == 1


@pytest.mark.parametrize("text", ["", "{}", '{"format": "other"}'])
def test_what_is_no_result_is_refused(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(errors.InvalidRequest, match="no result"):
        results.read(tmp_path / "r.json")


def test_a_score_that_is_no_number_is_refused(tmp_path):
    text = result(outcome()).model_dump_json().replace('"page_exact":1.0', '"page_exact":NaN')
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(errors.InvalidRequest):
        results.read(tmp_path / "r.json")


def test_a_missing_file_is_said_so(tmp_path):
    with pytest.raises(errors.InvalidRequest, match="cannot be read"):
        results.read(tmp_path / "none.json")

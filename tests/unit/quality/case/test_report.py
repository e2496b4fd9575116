"""The report says what was measured and nothing else, in both forms."""

import json
import re
from pathlib import Path

import pytest

from services.engine.planning import Usage
from tests.fakes import FakeEmbedder
from tests.quality import figures
from tests.quality.case import __main__ as report
from tests.quality.case import content, costs, demo_corpus, measured
from tests.quality.figures import Figure

TABLE = """\
<!-- figures -->
| figure | measured | target | command | when and where |
|---|---|---|---|---|
| `offline_calls_out` | 0 (start, upload, answer) | = 0 ✓ | `make test` | 2026-11-01, 2 cores |
| `ttft_added_ms` | 21.2 ms (median) | ≤ 40 ✓ | `make bench` | 2026-11-01, 2 cores |
| `golden_total_s` | 6 s (median) | - | `make eval` | 2026-11-01, 2 cores |
<!-- /figures -->
| `not_a_figure` | 1 | | `make x` | 2026-11-01 |
"""


@pytest.fixture
def sources(tmp_path: Path) -> report.Sources:
    (tmp_path / "README.md").write_text(TABLE)
    (tmp_path / "figures").mkdir()
    return report.Sources(
        tmp_path / "README.md", tmp_path / "figures", tmp_path / "golden.json", tmp_path / "corpus.json"
    )


def written(sources: report.Sources, offer: costs.Offer | None = None) -> tuple[str, str]:
    paths = report.write(report.facts(sources, offer), sources.readme.parent / "out")
    page, text = (path.read_text() for path in paths)
    return page, text


def test_a_figure_of_the_table_stands_with_command_and_date(sources: report.Sources) -> None:
    page, text = written(sources)
    row = next(line for line in text.splitlines() if line.startswith("| `ttft_added_ms`"))
    assert row.endswith("| 21.2 ms (median) | ≤ 40 ✓ | `make bench`, 2026-11-01, 2 cores |")
    assert "21.2 ms (median)" in page
    assert "3 of " in page
    assert "not_a_figure" not in page + text


def test_what_was_not_measured_says_so_and_shows_no_number(sources: report.Sources) -> None:
    _, text = written(sources)
    row = next(line for line in text.splitlines() if line.startswith("| `overload_429_p99_ms`"))
    assert row.endswith("| not measured |  |  |")
    assert "Gain: not measured" in text


def test_what_was_measured_here_since_takes_the_tables_place(sources: report.Sources) -> None:
    rows = [
        Figure("ttft_added_ms", 19.0, "ms", "≤ 40", "make bench"),
        Figure("golden_total_s", float("nan"), "s", "", "make eval"),
        Figure("icl_gain_points", 31.0, "points", "", "make eval", "95 % +20 to +42"),
        Figure("icl_demo_none_right", 0.1, "share", "", "make eval", "3 of 30"),
    ]
    figures.write("some", rows, sources.figures)
    page, text = written(sources)
    assert "| 19 ms |" in text
    assert "Gain: 31 points (95 % +20 to +42)" in text
    assert "`icl_demo_none_right`: 10% (3 of 30)" in text
    row = next(line for line in text.splitlines() if line.startswith("| `golden_total_s`"))
    assert "not measured" in row
    assert "21.2 ms" not in page


def test_every_golden_question_is_one_of_the_demos_and_three_stand_for_each_use(
    sources: report.Sources,
) -> None:
    told = report.facts(sources, None)["cases"]
    assert [len(case["questions"]) for case in told] == [3, 3, 3]
    assert all(question["outcome"] == "not asked" for case in told for question in case["questions"])
    came = {"id": "q01", "kind": "quoted", "is_correct": False, "text": "<b>27</b> days"}
    sources.outcomes.write_text(json.dumps({"questions": [came]}))
    page, text = written(sources)
    assert "quoted, not right: &lt;b&gt;27&lt;/b&gt; days" in page
    assert "<b>27</b> days" in text


def test_prices_are_the_readers_or_examples_that_say_so(sources: report.Sources) -> None:
    page, _ = written(sources)
    assert "At your prices: not computed" in page
    assert "nobody's offer" in page.replace("&#39;", "'")
    page, text = written(sources, costs.Offer(machine=1.0, api_in=1.0, api_out=4.0))
    # 730 hours at 1 beside (1536 + 4 x 256) / 10^6 an answer.
    assert "285,156 answers a month" in page
    assert "from 285,156." in text
    assert "0.00167" in page  # 6 s of an hour at 1


def test_an_api_that_costs_nothing_is_never_dearer() -> None:
    found = costs.break_even(costs.Offer(1.0, 0.0, 0.0), Usage(1, 1000, 100))
    assert found.cheaper_from is None
    assert costs.chart([found]).count("<rect") == 0


def test_the_page_loads_nothing(sources: report.Sources) -> None:
    page, _ = written(sources)
    assert re.findall(r"<(?:script|link|img|iframe)|(?:src|href)=", page) == []
    assert "<svg" in page
    assert re.findall(r"url\(", page) == []


def test_the_corpus_report_is_shown_where_it_was_made(sources: report.Sources) -> None:
    assert "was not made here" in written(sources)[1]
    finding = {"severity": "high", "count": 2, "title": "Unreadable", "what_to_do": "Scan again."}
    made = {
        "documents": 9,
        "answering": 7,
        "tokens": 800,
        "made_at": "2026-11-21T10:00:00Z",
        "findings": [finding],
    }
    sources.corpus.write_text(json.dumps(made))
    assert "9 documents, 7 answering, 800 tokens; made 2026-11-21" in written(sources)[0]
    assert "- high, 2: Unreadable. Scan again." in written(sources)[1]


def test_a_corpus_is_reported_without_a_running_installation(tmp_path: Path) -> None:
    (tmp_path / "hr").mkdir()
    (tmp_path / "hr" / "leave.md").write_text("# Leave\n\nEverybody has 28 days of paid leave a year.\n" * 3)
    (tmp_path / "hr" / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing that could be read")
    made = demo_corpus.make(tmp_path, {"people": "hr"}, FakeEmbedder())
    assert (made.documents, made.answering) == (2, 1)
    assert made.tokens > 0
    assert sum(one.count for one in made.unreadable) == 1


def test_a_corpus_report_that_is_there_is_left_alone(sources: report.Sources) -> None:
    sources.corpus.write_text("{}")
    report.make_example(sources)
    assert sources.corpus.read_text() == "{}"


def test_each_worry_has_figures_and_each_figure_a_home_of_its_own() -> None:
    names = [name for worry in content.WORRIES for name, _ in worry.figures]
    assert len(names) == len(set(names))
    assert {worry.title for worry in content.WORRIES} == {
        "Data privacy",
        "Inference latency",
        "Rate limits",
        "Drift",
        "Cost",
    }


def test_prices_come_together_or_not_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        report.main(["--machine", "1"])
    assert "all three prices or none" in capsys.readouterr().err


def test_a_value_is_read_as_a_number_where_it_is_one() -> None:
    assert measured.Measured("x", "5.58 s (median)", "", "", "").number == 5.58
    assert measured.Measured("x", "not measured", "", "", "").number is None

from tests.benchmarks import versus
from tests.benchmarks.langchain_pipeline import Added
from tests.benchmarks.versus import Pair


def test_twice_as_fast_is_two_and_both_sides_say_what_they_made():
    pairs = [Pair(Added(10, 30, 3000, 1.0), Added(10, 20, 2500, 2.0))] * 2
    (figure,) = versus.figures_of("bfloat16", {"at_once": pairs})
    assert (figure.name, figure.value) == ("ingest_vs_langchain_bfloat16_at_once", 2.0)
    assert figure.meets_target
    assert "ours 10.00 files/s, 60 chunks, 6000 tokens" in figure.detail
    assert "theirs 5.00 files/s, 40 chunks, 5000 tokens" in figure.detail


def test_files_without_text_and_copies_are_left_out(tmp_path):
    folder = tmp_path / "handbook" / "sourcegraph"
    folder.mkdir(parents=True)
    for name, text in (("a.md", "One."), ("b.md", "One."), ("c.md", " \n"), ("d.md", "Two.")):
        (folder / name).write_text(text)
    dealt = versus.parts_of(tmp_path, 2)
    assert sorted(path.read_text() for part in dealt for path in part) == ["One.", "Two."]

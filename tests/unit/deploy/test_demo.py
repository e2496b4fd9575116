"""The demo company is whole: its files, its people, and golden questions that its documents answer."""

import csv
import io
import json
import re
import tomllib
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import kreuzberg
import pptx
import pytest

from deploy.demo import calibration, make_documents, markup
from deploy.demo.formats import archive

DEMO = Path(make_documents.__file__).parent
DOCUMENTS = DEMO / "documents"
FILES = sorted(file.relative_to(DOCUMENTS).as_posix() for file in DOCUMENTS.rglob("*") if file.is_file())
ABOUT = tomllib.loads((DEMO / "demo.toml").read_text(encoding="utf-8"))


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DEMO / name).read_text(encoding="utf-8").splitlines()]


QUESTIONS = rows("questions.jsonl")
ANSWERABLE = [row for row in QUESTIONS if row["answerable"]]
FOR_ONE_GROUP = [row for row in QUESTIONS if "denied_as" in row]


def squeezed(text: str) -> str:
    """Text without line breaks and table marks, which differ from one reader to the next."""
    return " ".join(re.sub(r"[|*#`]", " ", text).split())


@cache
def pages_of(name: str) -> list[str]:
    """Text of each page or slide; a single entry where the format has neither."""
    file = DOCUMENTS / name
    if file.suffix == ".pptx":
        shown = [
            [s.text_frame.text for s in slide.shapes if s.has_text_frame]
            for slide in pptx.Presentation(file).slides
        ]
        return [squeezed("\n".join(texts)) for texts in shown]
    if file.suffix == ".csv":
        with file.open(encoding="utf-8", newline="") as lines:
            return [squeezed("\n".join(" | ".join(row) for row in csv.reader(lines)))]
    wanted = kreuzberg.ExtractionConfig(pages=kreuzberg.PageConfig(extract_pages=True))
    found = kreuzberg.extract_file_sync(file, config=wanted)
    return (
        [squeezed(page["content"]) for page in found.pages]
        if file.suffix == ".pdf"
        else [squeezed(found.content)]
    )


def path_of(row: dict[str, Any]) -> str:
    (found,) = [name for name in FILES if name.endswith("/" + row["document"])]
    return found


def may_read(login: str, name: str) -> bool:
    (person,) = [person for person in ABOUT["people"] if person["login"] == login]
    (collection,) = [c for c in ABOUT["collections"] if c["folder"] == name.partition("/")[0]]
    narrowed = [set(entry["reader_groups"]) for entry in ABOUT["narrowed"] if entry["document"] == name]
    return all(set(person["groups"]) & readers for readers in [set(collection["reader_groups"]), *narrowed])


def ids(questions: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in questions]


def test_committed_files_are_what_the_script_writes(tmp_path: Path) -> None:
    sources = markup.read_sources()
    make_documents.write_documents(sources, tmp_path)
    written = {file.relative_to(tmp_path).as_posix(): file.read_bytes() for file in tmp_path.rglob("*.*")}
    assert sorted(written) == FILES
    assert [name for name in FILES if written[name] != (DOCUMENTS / name).read_bytes()] == []


def test_committed_calibration_text_is_what_the_script_writes(tmp_path: Path) -> None:
    make_documents.write_calibration(markup.read_sources(), tmp_path / "rows.jsonl")
    assert (tmp_path / "rows.jsonl").read_bytes() == (DEMO / "calibration.jsonl").read_bytes()


def test_calibration_rows_suffice_for_32_samples() -> None:
    found = rows("calibration.jsonl")
    assert len({row["id"] for row in found}) == len(found) >= 32
    assert sum(len(row["text"]) for row in found) >= 32 * calibration.ENOUGH


def test_documents_cover_every_format_and_stay_small() -> None:
    assert {name.rsplit(".", 1)[1] for name in FILES} == set(make_documents.DRAW)
    assert 15 <= len(FILES) <= 20
    assert sum((DOCUMENTS / name).stat().st_size for name in FILES) < 1_000_000


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".pdf")])
def test_pdf_has_several_pages_with_header_footer_and_number(name: str) -> None:
    pages = pages_of(name)
    assert len(pages) >= 2
    for number, text in enumerate(pages, 1):
        assert "Aldermoor Instruments" in text
        assert f"Page {number} of {len(pages)}" in text


def test_every_heading_and_paragraph_survives_in_its_document() -> None:
    lost = []
    for source in markup.read_sources():
        whole = " ".join(pages_of(source.path))
        kinds = markup.Heading if source.path.endswith(".pdf") else markup.Heading | markup.Paragraph
        wanted = [part.text for part in source.parts if isinstance(part, kinds)]
        lost += [(source.path, text) for text in wanted if squeezed(text) not in whole]
    assert lost == []


def test_people_groups_and_collections_fit_together() -> None:
    groups = {group["name"] for group in ABOUT["groups"]}
    used = [set(entry["groups"]) for entry in ABOUT["people"]]
    used += [set(entry["reader_groups"]) for entry in ABOUT["collections"] + ABOUT["narrowed"]]
    assert groups == {"everyone", "hr", "finance", "it"} == set().union(*used)
    assert {c["folder"] for c in ABOUT["collections"]} == {name.partition("/")[0] for name in FILES}
    assert {entry["document"] for entry in ABOUT["narrowed"]} <= set(FILES)
    assert all(set(person) == {"login", "name", "role", "groups"} for person in ABOUT["people"])


def test_question_set_has_its_agreed_shape() -> None:
    assert len({row["id"] for row in QUESTIONS}) == len({row["question"] for row in QUESTIONS}) == 40
    assert len(QUESTIONS) - len(ANSWERABLE) == 8
    assert len(FOR_ONE_GROUP) == 6
    assert {row["group"] for row in FOR_ONE_GROUP} == {"hr", "finance", "it"}
    assert {row["document"].rsplit(".", 1)[1] for row in ANSWERABLE} == set(make_documents.DRAW)


def test_unanswerable_questions_name_no_source() -> None:
    for row in QUESTIONS:
        if not row["answerable"]:
            assert [row[key] for key in ("answers", "key_facts", "document", "page", "pages", "support")] == [
                [], [], None, None, [], None,
            ]  # fmt: skip


@pytest.mark.parametrize("row", ANSWERABLE, ids=ids(ANSWERABLE))
def test_support_stands_on_the_stated_pages_and_holds_the_facts(row: dict[str, Any]) -> None:
    pages = pages_of(path_of(row))
    standing = [number for number, text in enumerate(pages, 1) if squeezed(row["support"]) in text]
    assert standing
    if row["document"].endswith((".pdf", ".pptx")):
        assert row["pages"] == standing
        assert row["page"] in standing
    else:
        assert (row["page"], row["pages"]) == (None, [])
    for fact in row["key_facts"]:
        assert fact in row["support"]
    assert any(all(fact in answer for fact in row["key_facts"]) for answer in row["answers"])


@pytest.mark.parametrize("row", ANSWERABLE, ids=ids(ANSWERABLE))
def test_question_is_not_a_copy_of_its_support(row: dict[str, Any]) -> None:
    question, support = (set(re.findall(r"\w+", row[key].lower())) for key in ("question", "support"))
    assert not support <= question
    assert row["question"].rstrip("?").lower() not in row["support"].lower()


@pytest.mark.parametrize("row", ANSWERABLE, ids=ids(ANSWERABLE))
def test_asker_may_read_the_gold_document(row: dict[str, Any]) -> None:
    assert may_read(row["as"], path_of(row))


@pytest.mark.parametrize("row", FOR_ONE_GROUP, ids=ids(FOR_ONE_GROUP))
def test_denied_person_can_find_the_canary_nowhere(row: dict[str, Any]) -> None:
    assert not may_read(row["denied_as"], path_of(row))
    assert row["canary"] not in row["question"]
    holding = [name for name in FILES if any(squeezed(row["canary"]) in text for text in pages_of(name))]
    assert holding == [path_of(row)]


@pytest.mark.parametrize("row", FOR_ONE_GROUP, ids=ids(FOR_ONE_GROUP))
def test_only_one_group_can_answer(row: dict[str, Any]) -> None:
    readers = {person["login"] for person in ABOUT["people"] if may_read(person["login"], path_of(row))}
    members = {person["login"] for person in ABOUT["people"] if row["group"] in person["groups"]}
    assert readers == members


def test_content_forms_are_read_as_parts() -> None:
    body = (
        "# One\n\nA line\nand more.\n\n- a\n- b\n\n1. c\n2. d\n\n| h | i |\n| --- | --- |\n| 1 | 2 |\n\n# Two"
    )
    parts = tuple(markup.read_parts(body))
    assert parts[:4] == (
        markup.Heading("One", 1),
        markup.Paragraph("A line\nand more."),
        markup.Listing(("a", "b"), numbered=False),
        markup.Listing(("c", "d"), numbered=True),
    )
    assert parts[4] == markup.Table((("h", "i"), ("1", "2")))
    assert [len(section) for section in markup.sections(parts)] == [5, 1]


def office_file(year: int) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as whole:
        about = f'<dcterms:modified xsi:type="dcterms:W3CDTF">{year}-05-06T07:08:09Z</dcterms:modified>'
        whole.writestr(zipfile.ZipInfo("docProps/core.xml", (year, 5, 6, 7, 8, 10)), about)
    return written.getvalue()


def test_settled_archive_does_not_depend_on_the_clock() -> None:
    assert office_file(2024) != office_file(2026)
    assert archive.settle(office_file(2024)) == archive.settle(office_file(2026))

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from services.evaluation import comparison, gate, pages
from services.evaluation.judge import Verdict
from tests.unit.services.evaluation.gold import GOLD, NO_ANSWER, outcome, passage, result

EVIL = '<script src="https://evil.example/x.js"></script><img src=x onerror=alert(1)>'


@pytest.fixture(scope="module")
def made():
    """Every text that comes from a set, a document or a model is hostile."""
    gold = replace(GOLD, id=EVIL, question=EVIL, answers=(EVIL,), document=EVIL, asker=EVIL)
    bad = replace(outcome(gold, text=EVIL), verdicts=[Verdict(EVIL, "supported", (EVIL,))])
    return result(bad, outcome(NO_ANSWER, text=EVIL), label=EVIL)


@pytest.fixture(scope="module")
def page(made):
    thresholds = gate.parse("[measures.page_exact]\nat_least = 0.8")
    return pages.report(made, gate.decide(made, thresholds))


class Reading(HTMLParser):
    """What a browser would see: every tag, and every attribute that fetches or runs something."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.acting = set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            is_local = (value or "").startswith("#")
            if name.startswith("on") or (name in ("src", "href", "xlink:href", "action") and not is_local):
                self.acting.append((tag, name, value))


def is_harmless(page):
    seen = Reading(page)
    is_plain = not seen.tags & {"script", "img", "iframe", "link", "object", "form", "base"}
    return is_plain and not seen.acting and "@import" not in page and not re.search(r"url\((?!#)", page)


def test_hostile_texts_stay_texts(page, made):
    assert "&lt;script" in page
    assert is_harmless(page)
    assert is_harmless(pages.comparison(comparison.compare(made, made)))


def test_the_page_holds_its_charts_and_the_gate(page):
    assert page.count("<svg") == 2
    assert "not passed" in page
    assert "default-src &#39;none&#39;" in page


def test_the_worst_case_comes_first():
    right = outcome(of_it=[passage()])
    refused = outcome(replace(GOLD, id="refused"), kind="refused")
    wrong = outcome(replace(GOLD, id="wrong"), text="It takes 3 days.")
    unsupported = replace(outcome(replace(GOLD, id="bad")), verdicts=[Verdict("x", "supported", ("no",))])
    found = pages.worst(result(right, refused, wrong, unsupported))
    assert [one.id for one in found] == ["bad", "wrong", "refused"]


def test_a_comparison_shows_both_answers_beside_each_other():
    first, second = result(outcome(), label="old"), result(outcome(text="It takes 3 days."), label="new")
    page = pages.comparison(comparison.compare(first, second))
    assert "It takes 9 weeks." in page
    assert "It takes 3 days." in page
    assert "too few questions" in page

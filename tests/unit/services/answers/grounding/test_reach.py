"""A sentence that speaks of more things than its source does."""

import pytest

from services.answers.grounding import reach


@pytest.mark.parametrize(
    ("claim", "source", "word"),
    [
        (
            "The plan covers no part of any medical services.",
            "It excludes certain medical services.",
            "certain",
        ),
        ("It is open to all employees.", "It is open to all eligible employees of the group.", "eligible"),
        ("All employees receive leave.", "All employees who have passed probation receive leave.", "who"),
        ("Every invoice is checked.", "Some invoices are checked by hand.", "some"),
        ("Alle Mitarbeiter erhalten Urlaub.", "Einige Mitarbeiter erhalten Urlaub.", "einige"),
        (
            "It covers no care and not any medical services.",
            "It covers no services that are not needed.",
            "that",
        ),
        ("It does not pay for any travel.", "It pays for no part of the travel mentioned.", "mentioned"),
        ("All staff may park here.", "All full-time staff may park here.", "full-time"),
        (
            "Alle Mitarbeiter erhalten 30 Tage.",
            "Alle Mitarbeiter, die die Probezeit bestanden haben, erhalten 30 Tage.",
            "die",
        ),
    ],
)
def test_what_the_source_limits_may_not_be_said_of_all(claim, source, word):
    assert word in (reach.widened(claim, source) or "")


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("All employees receive leave.", "Employees receive 25 days of leave."),
        ("All employees receive leave.", "All employees, who are insured, receive leave."),
        ("All eligible employees receive leave.", "All eligible employees receive leave."),
        ("All employees who have passed probation receive leave.",
         "All employees who have passed probation receive leave."),
        ("Employees receive leave every year.", "Employees receive leave every year in spring."),
        ("Every visitor signs in.", "Some visitors come early. Every visitor signs in."),
        ("Each of the sites has a canteen.", "Each site has a canteen."),
    ],
)  # fmt: skip
def test_what_the_source_says_of_all_may_be_said_of_all(claim, source):
    assert reach.widened(claim, source) is None

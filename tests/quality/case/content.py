"""What the page says: worries with the figures that answer them, uses with their golden questions."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Worry:
    """A worry of companies, what is done about it, and the figures that show it."""

    title: str
    answer: str
    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class UseCase:
    title: str
    who: str
    questions: tuple[str, ...]


WORRIES = (
    Worry(
        "Data privacy",
        "Documents, questions and answers stay on the company's own machines, and everybody gets answers "
        "only from what they may read.",
        (
            ("offline_calls_out", "connections out of a whole installation that starts, reads and answers"),
            ("permission_leaks", "probes that showed something to somebody who may not read it"),
            ("injection_consequences", "hostile documents that made the model do what they say"),
            ("reachability_mismatches", "differences between the network policies and their table"),
        ),
    ),
    Worry(
        "Inference latency",
        "The gateway adds little to the engine's own time; how quick the engine is, the hardware decides.",
        (
            ("ttft_added_ms", "added to the time to first token"),
            ("golden_first_event_s", "until the reader sees that something happens"),
            ("golden_first_sentence_s", "until the first checked sentence, on 2 CPU cores"),
            ("streams_200_added_p95_ms", "added to each token with 200 streams on one core"),
        ),
    ),
    Worry(
        "Rate limits",
        "No provider sets any. Who asks too much is told at once, and the others go on.",
        (
            ("overload_429_p99_ms", "until a request over the limit is refused, at 3 times the load"),
            ("overload_admitted_p95_ratio", "how much slower those that were let in become meanwhile"),
        ),
    ),
    Worry(
        "Drift",
        "Every answer names its release; a release names every file by digest. Nobody changes the model but "
        "its owner, and canaries show when an answer changes.",
        (
            ("same_text_pairs", "answers through the product that were the text that the engine gave alone"),
            ("replay_identical_alone", "stored answers that came out the same when replayed"),
            ("drift_changes_named", "changes of a release that the canaries saw and named"),
            ("drift_false_alarms", "alarms where nothing had changed"),
        ),
    ),
    Worry(
        "Cost",
        "A machine costs its hours, an API its tokens; below, from how many answers it is the cheaper one.",
        (
            ("golden_total_s", "a whole answer, on 2 CPU cores"),
            ("answer_peak_mib_engine", "memory of the engine with the model of 135M in 4 bits"),
            ("tokens_per_s_ratio", "tokens a second through the product, of what the engine alone writes"),
        ),
    ),
)

USE_CASES = (
    UseCase(
        "Answers from the handbook",
        "Every employee, instead of asking personnel: leave, notice, parental leave.",
        ("q01", "q03", "q25"),
    ),
    UseCase(
        "Service and workshop",
        "At a bench or on the telephone: an error code, a guarantee, a lead time, each with its source.",
        ("q20", "q21", "q23"),
    ),
    UseCase(
        "Confidential papers",
        "Finance and IT, each from their own collections, which others do not know exist.",
        ("q29", "q31", "q32"),
    ),
)

DELIVERY = (
    (
        "Discovery",
        "What is there, who may read it, what people ask: a source is tested without taking anything "
        "(holdfast sources test), and the report says what is unreadable, copied, contradictory or old.",
    ),
    (
        "Design",
        "Collections by who may read them; rules for what is left out; golden questions with document "
        "and page, written by those who know the answers.",
    ),
    (
        "Development",
        "Sources are synced and jobs watched; findings are fixed in the order of their weight; the "
        "questions are asked again until the gate holds (holdfast eval gate), and so at every change.",
    ),
)

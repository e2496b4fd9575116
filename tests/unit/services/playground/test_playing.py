"""What a play took, as the end of its stream says it."""

from services.adapters.vllm_play import Played
from services.adapters.vllm_probe import Draw
from services.playground.playing import Account


def test_account_counts_tokens_and_times_from_the_first_to_the_last():
    account = Account()
    for piece in (Played("It ", (Draw("It ", -0.1),)), Played("is"), Played(finish_reason="length"),
                  Played(prompt_tokens=4, completion_tokens=2)):  # fmt: skip
        account.note(piece)
    end = account.end
    assert (end.finish_reason, end.prompt_tokens, end.completion_tokens, account.tokens) == (
        "length",
        4,
        2,
        6,
    )
    assert end.ttft_ms is not None
    assert end.total_ms >= end.ttft_ms >= 0


def test_engine_that_breaks_off_has_its_parts_counted():
    account = Account()
    account.note(Played("It "))
    account.note(Played("is"))
    assert (account.tokens, account.end.tokens_per_s) == (2, None)


def test_nothing_said_has_no_first_token():
    assert (Account().end.ttft_ms, Account().end.tokens_per_s) == (None, None)

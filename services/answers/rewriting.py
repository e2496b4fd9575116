"""Understands a follow-up question: by rule where that is enough, else with one short call of the model."""

import asyncio
from contextlib import aclosing

from services import errors
from services.adapters.vllm import Sampling
from services.answers import follow_ups, prompt
from services.answers.follow_ups import Turn
from services.answers.work import Work
from services.resources import Resources

_MOST_TOKENS = 60
_PATIENCE_S = 4.0


async def understand(work: Work, resources: Resources) -> bool:
    """Set what the question is searched as; whether that is another wording than the asker's."""
    asked, turns = work.question.text, follow_ups.recent(work.question.turns)
    if not follow_ups.leans_back(asked, turns):
        return False
    written = await _written(asked, turns, resources) if follow_ups.needs_model(asked, turns) else ""
    if follow_ups.is_faithful(written, asked, turns):
        work.searched_as = written.strip()
        work.rests_on = frozenset(version for turn in turns for version in turn.version_ids)
    else:
        work.searched_as = follow_ups.by_rule(asked, turns)
        # An earlier question may itself have been understood from the answer before it.
        work.rests_on = frozenset(turns[-1].version_ids)
    work.mark("understood")
    return work.searched_as != asked


async def _written(asked: str, turns: tuple[Turn, ...], resources: Resources) -> str:
    """The model's wording; empty where it is slow or away: the rule serves then."""
    messages = prompt.build_follow_up(
        asked, [(turn.question, turn.answer) for turn in turns], resources.model.special_tokens
    )
    said: list[str] = []
    try:
        async with asyncio.timeout(_PATIENCE_S):
            async with aclosing(resources.model.stream(messages, Sampling(_MOST_TOKENS))) as pieces:
                async for piece in pieces:
                    said.append(piece.text)
    except (TimeoutError, errors.Unavailable):
        return ""
    return "".join(said).strip().strip('"')

"""The first answer should not pay for what only the first one needs: one token is asked for at the start."""

import logging
from contextlib import aclosing

import anyio

from services import errors
from services.adapters.vllm import Sampling
from services.answers import prompt
from services.resources import Resources

log = logging.getLogger(__name__)
_PATIENCE_S = 10.0


async def warm_up(resources: Resources) -> bool:
    """Have the engine read the answers' instructions, if it is ready; whether it did. Never an error."""
    try:
        with anyio.fail_after(_PATIENCE_S):
            if not await resources.model.is_ready():
                return False
            messages = prompt.build_prompt("Ready?", [], resources.model.count_tokens, 1024).messages
            async with aclosing(resources.model.stream(messages, Sampling(1))) as pieces:
                async for _piece in pieces:
                    pass
    except (TimeoutError, errors.HoldfastError):
        log.info("the engine was not warmed up")
        return False
    return True

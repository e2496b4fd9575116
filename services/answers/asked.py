"""What is asked, made of a request, once all that it names is known to be the caller's."""

from services import errors
from services.answers import conversations
from services.answers.follow_ups import Turn
from services.answers.schemas import AskRequest
from services.answers.work import Question, release_sampling, require_collections, shaped
from services.identity.callers import Caller
from services.resources import Resources


def question_of(wanted: AskRequest, caller: Caller, resources: Resources) -> Question:
    """errors.NotFound where it names what the caller may not know of."""
    if wanted.answer_schema is not None and wanted.policy not in (None, "strict"):
        raise errors.UnsupportedParameter("An answer by a schema is always checked strictly")
    if wanted.collections:
        require_collections(caller, wanted.collections, resources)
    turns: tuple[Turn, ...] = ()
    if wanted.conversation_id:
        turns = conversations.turns(caller, wanted.conversation_id, resources)
    question = Question(
        caller=caller,
        text=wanted.question,
        policy=wanted.policy or resources.settings.answers.policy,
        sampling=release_sampling(resources),
        collections=wanted.collections,
        turns=turns,
        conversation_id=wanted.conversation_id,
    )
    return question if wanted.answer_schema is None else shaped(question, wanted.answer_schema)

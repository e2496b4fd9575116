"""REST of the model room, for administrators: what lies here, what it needs, what it costs."""

from pathlib import Path

from fastapi import APIRouter

from services import errors
from services.dependencies import Opened
from services.engine import cards, facts, kept_reports, launch, memory, planning
from services.engine.kept_reports import ReportOut, ReportSummary
from services.engine.memory import Device, Wanted
from services.engine.model_store import ModelStore
from services.engine.planning import Subject
from services.engine.schemas import (
    CardOut,
    CostAsked,
    CostOut,
    PlanAsked,
    PlannedOut,
    PlanOut,
    PulledModelOut,
    ServedPlanOut,
)
from services.identity.callers import MayAdminister
from services.release import Lock
from services.resources import Resources

router = APIRouter(prefix="/api/v1/engine", tags=["engine"])


@router.get("/cards")
def list_cards(_caller: MayAdminister) -> list[CardOut]:
    """Common cards from their datasheets."""
    return [CardOut.of(card) for card in cards.read()]


@router.get("/models")
def list_pulled_models(_caller: MayAdminister, resources: Opened) -> list[PulledModelOut]:
    """The models that were pulled or made on this machine."""
    return [
        PulledModelOut(
            name=each.served_name,
            folder=each.folder,
            repository=each.repository,
            license=each.license,
            method=each.quantization.method,
            bits=each.quantization.bits,
            label=each.quantization.label,
        )
        for each in ModelStore(resources.settings.models_root).generators()
    ]


@router.get("/reports")
def list_quantization_reports(_caller: MayAdminister, resources: Opened) -> list[ReportSummary]:
    """What was quantized on this machine, and what that cost in likeness."""
    return list(kept_reports.all_of(resources.settings.models_root))


@router.get("/reports/{model}")
def show_quantization_report(model: str, _caller: MayAdminister, resources: Opened) -> ReportOut:
    """One model's report, named by the model's name or folder."""
    return kept_reports.of_model(resources.settings.models_root, model)


@router.post("/plans")
def plan_memory(asked: PlanAsked, _caller: MayAdminister, resources: Opened) -> PlannedOut:
    """Weights, keys and values, activations and overhead; what fits, and the nearest settings that do."""
    subject = planning.open_model(_folder(asked.model, resources))
    precision = planning.precision_named(asked.precision, subject)
    device, wanted = cards.find(asked.gpu), asked.wanted(memory.GIB)
    plan = _plan_out(subject, precision, wanted, device)
    return PlannedOut.of(
        device,
        (plan, [_plan_out(subject, form, wanted, device) for form in subject.forms]),
        [] if plan.fits else planning.nearest(subject, precision, wanted, device),
        planning.curve(subject, precision, wanted, device),
    )


def _folder(model: str, resources: Resources) -> Path:
    root = resources.settings.models_root
    return root / (ModelStore(root).generator(model).folder if model else resources.lock.generator.folder)


def _plan_out(subject: Subject, precision: memory.Precision, wanted: Wanted, device: Device) -> PlanOut:
    try:
        return PlanOut.of(precision.name, planning.plan_for(subject, precision, wanted, device))
    except errors.InvalidRequest as error:
        return PlanOut(precision=precision.name, refusal=error.detail)


@router.get("/plan")
async def show_served_plan(_caller: MayAdminister, resources: Opened) -> ServedPlanOut:
    """The served release's plan, and how far the running engine's own figures are from it."""
    device, plan = served_plan(resources.lock, resources.settings.models_root)
    try:
        told = facts.from_metrics(await resources.model.metrics())
    except errors.EngineUnavailable:
        told = None
    return ServedPlanOut(
        release_id=resources.lock.release_id,
        device=device.name,
        plan=plan,
        engine_kv_tokens=told.kv_tokens if told else None,
        kv_error=facts.kv_error(plan.kv_tokens, told) if told else None,
    )


def served_plan(lock: Lock, models: Path) -> tuple[Device, PlanOut]:
    """The plan that the launcher made before it started this release."""
    subject = planning.open_model(models / lock.generator.folder)
    device = cards.find("cpu" if lock.engine.device == "cpu" else "auto")
    plan = memory.make_plan(subject.weights.total, subject.architecture, launch_wish(lock), device)
    return device, PlanOut.of(subject.form.name, plan)


def launch_wish(lock: Lock) -> Wanted:
    wish: Wanted = launch.wanted(memory, {"generator": vars(lock.generator), "engine": _engine(lock)})
    return wish


def _engine(lock: Lock) -> dict[str, object]:
    names = ("max_batched_tokens", "gpu_memory_utilization", "kv_cache_gib", "eager")
    return {name: getattr(lock.engine, name) for name in names}


@router.post("/costs")
def compare_costs(asked: CostAsked, _caller: MayAdminister) -> CostOut:
    """A card's hours beside an API's tokens, per answer and per month."""
    return CostOut.of(planning.cost(asked.usage, asked.prices), asked.answers_per_month)

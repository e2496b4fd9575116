"""Quantizing for real, a model of two layers: the same order, the same digests; AWQ without a card too."""

import subprocess
from pathlib import Path

import pytest

from services import errors
from services.engine import launch, origins, quantizing
from services.engine.model_store import ModelStore
from services.engine.orders import Order, Recipe, read_texts
from services.settings import QUIET, Settings, inherited_environment

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[4]
TEXTS = read_texts(ROOT / "deploy" / "demo" / "calibration.jsonl")
GPTQ = Recipe("gptq", 4, 32, symmetric=True, samples=4, sample_tokens=64, seed=7, budget=0.6)
AWQ = Recipe("awq", 4, 32, symmetric=False, samples=4, sample_tokens=64, seed=7, grid_points=4)
INT8 = Recipe("gptq", 8, -1, True, 4, 64, 7, activation_bits=8, smoothing=0.5)


@pytest.fixture(scope="module")
def python() -> Path:
    named = Settings().release.quantize_python
    if named is None:
        pytest.skip("the quantize environment is not at hand: HOLDFAST_RELEASE__QUANTIZE_PYTHON names it")
    return named


@pytest.fixture(scope="module")
def tiny(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source") / "tiny"
    command = [str(python), str(ROOT / "tests" / "tiny_llama.py"), str(folder)]
    subprocess.run(command, env=inherited_environment() | QUIET, check=True, capture_output=True)
    return folder


class Cancelled(Exception):
    """As Ctrl-C would."""


def settings_of(models: Path, python: Path, tiny: Path) -> Settings:
    settings = Settings(release={"models": models, "quantize_python": python})
    origins.pull(settings, origins.Wish(str(tiny)))
    return settings


def broken_off(settings: Settings, order: Order) -> Path:
    """The folder of an order that was cancelled once its result was there, before it was measured."""

    def cancel(stage: str, _done: int, _total: int) -> None:
        if stage == "measuring":
            raise Cancelled

    with pytest.raises(Cancelled):
        quantizing.quantize(settings, order, cancel)
    (work,) = settings.models_root.glob("quantizing-*")
    return work


@pytest.mark.parametrize("recipe", [GPTQ, AWQ], ids=lambda recipe: recipe.method)
def test_the_same_order_gives_the_same_digests(
    python: Path, tiny: Path, tmp_path: Path, recipe: Recipe
) -> None:
    order = Order("tiny", recipe, TEXTS)
    told: list[tuple[str, int, int]] = []
    first = settings_of(tmp_path / "one", python, tiny)
    made, _ = quantizing.quantize(first, order, lambda *said: told.append(said))
    again = broken_off(settings_of(tmp_path / "two", python, tiny), order)
    assert launch.folder_name(launch.describe_files(again / "output")) == made.folder
    assert {"loading", "sensitivity", "calibration", "saving", "measuring"} <= {stage for stage, *_ in told}
    step = "scaling" if recipe.method == "awq" else "rounding"
    assert {(step, 1, 2), (step, 2, 2)} <= set(told)
    found, store = made.quantization, ModelStore(first.models_root)
    assert (found.bits, found.symmetric, found.method.startswith(recipe.method)) == (
        4,
        recipe.symmetric,
        True,
    )
    assert "mixed" in found.method or not recipe.budget
    assert (store.report_folder(made.folder) / "report.html").is_file()
    assert not list(store.root.glob("quantizing-*"))


def test_what_was_broken_off_is_gone_on_with_and_never_quantized_again(
    python: Path, tiny: Path, tmp_path: Path
) -> None:
    """Weights and activations in 8 bits, with smoothed activations."""
    settings, order = settings_of(tmp_path, python, tiny), Order("tiny", INT8, TEXTS)
    work = broken_off(settings, order)
    assert not list(work.glob("*.jsonl"))
    stages: list[str] = []
    made, _ = quantizing.quantize(settings, order, lambda stage, _done, _total: stages.append(stage))
    assert stages == ["measuring"]
    assert (made.quantization.bits, made.quantization.activation_bits) == (8, 8)
    with pytest.raises(errors.InvalidRequest, match="quantized already"):
        quantizing.quantize(settings, Order(made.folder, GPTQ, TEXTS), lambda *_: None)


def test_a_group_that_does_not_divide_the_rows_is_told(python: Path, tiny: Path, tmp_path: Path) -> None:
    order = Order("tiny", Recipe("rtn", 4, 48, True, 4, 64, 7), TEXTS)
    with pytest.raises(errors.InvalidRequest, match="groups of 48"):
        quantizing.quantize(settings_of(tmp_path, python, tiny), order, lambda *_: None)

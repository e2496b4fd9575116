import re
import tomllib
from pathlib import Path

import pytest

from deploy.bootstrap.environments import REQUIREMENTS
from deploy.quantize import demo_model
from deploy.quantize.demo_model import DemoModel
from ingestion.chunking import CHUNKER_VERSION
from ingestion.parsing import PARSER_VERSION
from services import release
from services.answers.grounding import GroundingThresholds

MADE = ("model.safetensors", "config.json", "chat_template.jinja", "tokenizer.json")


class Quantizer:
    """Writes small files where the script would write the model, and counts its runs."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, words: list[str]) -> None:
        self.runs += 1
        output = Path(words[words.index("--output") + 1])
        for name in MADE:
            (output / name).write_text("{}")


@pytest.fixture
def quantizer() -> Quantizer:
    return Quantizer()


@pytest.fixture
def demo(tmp_path: Path) -> DemoModel:
    return DemoModel(tmp_path)


def template() -> dict:
    return tomllib.loads(demo_model.TEMPLATE.read_text())


def test_it_is_made_once(demo: DemoModel, quantizer: Quantizer) -> None:
    demo.make(quantizer)
    demo.make(quantizer)
    assert quantizer.runs == 1
    assert set(demo.files()) == set(MADE)


def test_another_calibration_text_makes_another(
    demo: DemoModel, quantizer: Quantizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.make(quantizer)
    other = tmp_path / "calibration.jsonl"
    other.write_text('{"id": "1", "text": "other"}\n')
    monkeypatch.setattr(demo_model, "CALIBRATION", other)
    assert demo.files() is None


def test_an_interrupted_run_leaves_no_model(demo: DemoModel) -> None:
    def fails(words: list[str]) -> None:
        Quantizer()(words)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.make(fails)
    assert demo.files() is None


def test_the_lock_names_what_was_made(demo: DemoModel, quantizer: Quantizer) -> None:
    demo.make(quantizer)
    path = demo.write_lock("cpu")
    lock = release.read_lock(path)
    release.verify(lock, {"generator": demo.models / lock.generator.folder, "prompts": demo_model.PROMPTS})
    assert lock.engine.device == "cpu"
    assert lock.engine.max_batched_tokens == 512
    assert lock.grounding == GroundingThresholds().as_lock()
    assert lock.generator.quantization.recipe == demo.recipe
    assert str(demo.root) not in path.read_text()


def test_a_lock_that_says_the_same_is_left_untouched(demo: DemoModel, quantizer: Quantizer) -> None:
    demo.make(quantizer)
    first = demo.write_lock("cpu").stat()
    assert demo.write_lock("cpu").stat().st_ino == first.st_ino


def test_a_broken_lock_is_written_again(demo: DemoModel, quantizer: Quantizer) -> None:
    demo.make(quantizer)
    path = demo.write_lock("cpu")
    path.write_text("half")
    assert release.read_lock(demo.write_lock("cpu")).name == "demo"


def test_the_gpu_release_is_another_release(demo: DemoModel, quantizer: Quantizer) -> None:
    demo.make(quantizer)
    cpu, cuda = (release.read_lock(demo.write_lock(device)) for device in ("cpu", "cuda"))
    assert cuda.engine.device == "cuda"
    assert cpu.release_id != cuda.release_id
    assert cpu.generation == cuda.generation


def test_no_model_no_lock(demo: DemoModel) -> None:
    with pytest.raises(FileNotFoundError, match="has not been made"):
        demo.write_lock("cpu")


def test_the_lock_says_what_the_code_does() -> None:
    written = template()
    assert written["ingestion"]["chunker"] == CHUNKER_VERSION
    assert written["ingestion"]["parser"] == PARSER_VERSION


def test_the_lock_says_what_the_lists_pin() -> None:
    product, engine = ((REQUIREMENTS / name).read_text() for name in ("product.txt", "engine.txt"))
    written = template()
    assert written["ingestion"]["parser_library"].replace(" ", "==") in product
    for device, pins in (("cpu", engine), ("cuda", (REQUIREMENTS / "engine-gpu.txt").read_text())):
        engine_row = written["engine"][device]
        assert re.search(rf"^{engine_row['distribution']}=={engine_row['version']} ", pins, re.MULTILINE)

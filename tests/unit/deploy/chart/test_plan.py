"""The plan that a render compares with the GPU is the launcher's own."""

import json
from dataclasses import replace

import yaml

from deploy.chart import plan
from services import release
from services.engine import launch, memory
from tests import small_models
from tests.ground import provisional_lock


def test_the_plan_of_a_lock_becomes_values(tmp_path):
    lock = provisional_lock(tmp_path / "made")
    draft = tmp_path / "draft"
    draft.mkdir()
    (draft / "config.json").write_text(json.dumps(small_models.CONFIG))
    tensors = {"model.embed_tokens.weight": ("BF16", [256, 64])}
    (draft / "model.safetensors").write_bytes(small_models.safetensors(tensors))
    files = release.describe_files(draft)
    lock = replace(lock, generator=replace(lock.generator, files=files))
    draft.rename(tmp_path / lock.generator.folder)
    release.write_lock(lock, tmp_path / "release.toml")

    values = yaml.safe_load(plan.values_for(str(tmp_path / "release.toml"), str(tmp_path), "L4 24GB"))

    table = launch.read_table(tmp_path / "release.toml")
    card = memory.Device("L4", values["engine"]["gpu"]["memoryBytes"], 8.9)
    architecture = memory.read_architecture(small_models.CONFIG)
    made = memory.make_plan(256 * 64 * 2, architecture, launch.wanted(memory, table), card)
    assert values["engine"]["memory"]["requiredBytes"] == made.needed

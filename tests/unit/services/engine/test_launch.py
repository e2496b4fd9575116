import json
import stat
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from services import release
from services.engine import launch
from tests import small_models

LAUNCHER = Path(launch.__file__)
KEY = {"VLLM_API_KEY": "k"}


def lock_table(folder: Path, device: str = "cpu") -> dict:
    files = launch.describe_files(folder)
    return {
        "name": "test",
        "generator": {
            "served_name": "small",
            "context_tokens": 2048,
            "quantization": {"method": "gptq", "bits": 4},
            "files": files,
        },
        "engine": {
            "distribution": "pytest",  # any package that is installed stands for the engine's
            "version": metadata.version("pytest"),
            "device": device,
            "eager": device == "cpu",
            "prefix_caching": True,
            "max_batched_tokens": 512,
            "max_sequences": 16,
            "kv_cache_gib": 1,
            "gpu_memory_utilization": 0.85,
            "speculation": {"method": "ngram", "num_speculative_tokens": 5},
        },
        "sampling": {"temperature": 0.0, "top_p": 1.0, "seed": 7, "max_tokens": 256},
    }


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder with one small model, in the folder its digest names."""
    draft = tmp_path / "draft"
    (draft / "sub").mkdir(parents=True)
    (draft / "model.safetensors").write_bytes(small_models.files()["model.safetensors"])
    config = small_models.CONFIG | {"quantization_config": {"num_bits": 4}}
    (draft / "config.json").write_text(json.dumps(config))
    (draft / "sub" / "tokenizer_config.json").write_text("{}")
    models = tmp_path / "models"
    models.mkdir()
    draft.rename(models / launch.folder_name(launch.describe_files(draft)))
    return models


@pytest.fixture
def folder(models: Path) -> Path:
    return next(models.iterdir())


def value_of(flag: str, words: list[str]) -> str:
    return words[words.index(flag) + 1]


def test_accepts_what_the_lock_names(models: Path, folder: Path) -> None:
    assert launch.verify_generator(lock_table(folder), models) == folder


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "sub/tokenizer_config.json"])
def test_refuses_one_changed_byte_naming_file_expected_and_found(
    models: Path, folder: Path, name: str
) -> None:
    lock = lock_table(folder)
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(launch.Refused) as refused:
        launch.verify_generator(lock, models)
    told = str(refused.value)
    assert str(folder / name) in told
    assert lock["generator"]["files"][name]["sha256"] in told
    assert launch.sha256_of(folder / name) in told


def test_refuses_a_longer_file(models: Path, folder: Path) -> None:
    lock = lock_table(folder)
    with (folder / "model.safetensors").open("ab") as file:
        file.write(b"x")
    with pytest.raises(launch.Refused, match=r"expected (\d+) bytes.*found \d+ bytes"):
        launch.verify_generator(lock, models)


def test_refuses_a_missing_file(models: Path, folder: Path) -> None:
    lock = lock_table(folder)
    (folder / "config.json").unlink()
    with pytest.raises(launch.Refused, match=r"config\.json: expected by the lock, found no such file"):
        launch.verify_generator(lock, models)


def test_refuses_a_missing_folder(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(launch.Refused, match="found no such file"):
        launch.verify_generator(lock_table(folder), tmp_path / "elsewhere")


@pytest.mark.parametrize("name", ["notes.txt", "sub/more.safetensors", ".hidden"])
def test_refuses_a_file_the_lock_does_not_name(models: Path, folder: Path, name: str) -> None:
    lock = lock_table(folder)
    (folder / name).write_text("more")
    with pytest.raises(launch.Refused, match="a file that the lock does not name"):
        launch.verify_generator(lock, models)


def test_refuses_a_dangling_link(models: Path, folder: Path) -> None:
    lock = lock_table(folder)
    (folder / "more.json").symlink_to(folder / "nowhere")
    with pytest.raises(launch.Refused, match="does not name"):
        launch.verify_generator(lock, models)


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "model.pt", "model.PTH", "model.ckpt", "model.pkl", "sub/x.pickle"]
)
def test_refuses_pickled_weights_even_where_the_lock_names_them(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"pickle")
    with pytest.raises(launch.Refused, match="which can run code on loading"):
        launch.verify_folder(tmp_path, launch.describe_files(tmp_path))


@pytest.mark.parametrize("name", ["modeling_small.py", "kernel.so"])
def test_refuses_program_code_among_the_weights(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"code")
    with pytest.raises(launch.Refused, match="found program code"):
        launch.verify_folder(tmp_path, launch.describe_files(tmp_path))


@pytest.mark.parametrize(
    "config",
    [
        {"auto_map": {"AutoModel": "modeling.Model"}},
        {"trust_remote_code": True},
        {"text_config": {"auto_map": {"AutoConfig": "c.C"}}},
        {"parts": [{"auto_map": {"AutoConfig": "c.C"}}]},
    ],
)
@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "generation_config.json"])
def test_refuses_remote_code(tmp_path: Path, config: dict, name: str) -> None:
    (tmp_path / name).write_text(json.dumps(config))
    with pytest.raises(launch.Refused, match="expected no remote code, found the key"):
        launch.verify_folder(tmp_path, launch.describe_files(tmp_path))


@pytest.mark.parametrize("name", ["../config.json", "/etc/passwd", "a/../../b"])
def test_refuses_a_lock_that_names_files_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(launch.Refused, match="only name files inside"):
        launch.verify_folder(tmp_path, {name: {"sha256": "", "size": 0}})


def test_refuses_an_empty_lock(tmp_path: Path) -> None:
    with pytest.raises(launch.Refused, match="names no file"):
        launch.verify_folder(tmp_path, {})


def test_refuses_weights_of_another_width(models: Path, folder: Path) -> None:
    lock = lock_table(folder)
    lock["generator"]["quantization"]["bits"] = 8
    with pytest.raises(launch.Refused, match="expected 8 bits"):
        launch.verify_generator(lock, models)


@pytest.mark.parametrize("part", ["chat_template", "tokenizer", "generation_config"])
def test_refuses_a_part_whose_digest_is_not_its_files(models: Path, part: str) -> None:
    draft = models / "draft"
    draft.mkdir()
    name = launch.NAMED_PARTS[part]
    for each, text in {name: "{}", "config.json": '{"quantization_config": {"bits": 4}}'}.items():
        (draft / each).write_text(text)
    (draft / "model.safetensors").write_bytes(b"weights")
    folder = models / launch.folder_name(launch.describe_files(draft))
    draft.rename(folder)
    lock = lock_table(folder)
    lock["generator"][part] = launch.sha256_of(folder / name)
    assert launch.verify_generator(lock, models) == folder
    lock["generator"][part] = "0" * 64
    with pytest.raises(launch.Refused, match=f"expected {part} 000"):
        launch.verify_generator(lock, models)


@pytest.mark.parametrize(
    ("config", "bits"),
    [
        ({}, {16, 32}),
        ({"quant_method": "awq", "bits": 4, "group_size": 128}, {4}),
        ({"quant_method": "fp8"}, {8}),
        ({"config_groups": {"a": {"weights": {"num_bits": 4}}, "b": {"weights": {"num_bits": 8}}}}, {4, 8}),
    ],
)
def test_reads_the_width_of_the_weights_in_every_known_form(config: dict, bits: set[int]) -> None:
    assert launch.widths(config) == bits


@pytest.mark.parametrize("version", ["0", "9999.1"])
def test_refuses_another_engine_version_naming_both(folder: Path, version: str) -> None:
    engine = lock_table(folder)["engine"] | {"version": version}
    with pytest.raises(
        launch.Refused, match=f"expected version {version}, found {metadata.version('pytest')}"
    ):
        launch.refuse_other_engine(engine)


def test_refuses_an_engine_that_is_not_installed(folder: Path) -> None:
    engine = lock_table(folder)["engine"] | {"distribution": "no-such-engine"}
    with pytest.raises(launch.Refused, match="found none"):
        launch.refuse_other_engine(engine)


def test_writes_the_cpu_command_line_from_the_lock(folder: Path) -> None:
    words = launch.arguments(lock_table(folder), folder, "127.0.0.1", 8001)
    assert value_of("--model", words) == str(folder)
    assert value_of("--served-model-name", words) == "small"
    assert value_of("--max-model-len", words) == "2048"
    assert value_of("--max-num-batched-tokens", words) == "512"
    assert value_of("--seed", words) == "7"
    assert (value_of("--host", words), value_of("--port", words)) == ("127.0.0.1", "8001")
    assert json.loads(value_of("--override-generation-config", words)) == {"temperature": 0.0, "top_p": 1.0}
    assert json.loads(value_of("--speculative-config", words))["method"] == "ngram"
    assert {"--enforce-eager", "--enable-prefix-caching", "--no-enable-log-requests"} <= set(words)
    assert "--gpu-memory-utilization" not in words
    assert "--trust-remote-code" not in words


def test_writes_the_cuda_command_line_from_the_lock(folder: Path) -> None:
    words = launch.arguments(lock_table(folder, "cuda"), folder, "127.0.0.1", 8001)
    assert value_of("--gpu-memory-utilization", words) == "0.85"
    assert "--enforce-eager" not in words


def test_leaves_out_what_the_lock_turns_off(folder: Path) -> None:
    lock = lock_table(folder)
    lock["engine"] |= {"speculation": {}, "prefix_caching": False}
    words = launch.arguments(lock, folder, "127.0.0.1", 8001)
    assert "--speculative-config" not in words
    assert "--no-enable-prefix-caching" in words


def test_environment_is_offline_silent_and_free_of_injected_names(folder: Path, tmp_path: Path) -> None:
    inherited = {"PATH": "/bin", "VLLM_PORT": "tcp://10.0.0.1:80", "HF_HUB_OFFLINE": "0"}
    made = launch.environment(lock_table(folder), inherited, tmp_path)
    assert made["HF_HUB_OFFLINE"] == made["VLLM_NO_USAGE_STATS"] == made["DO_NOT_TRACK"] == "1"
    assert made["VLLM_CPU_KVCACHE_SPACE"] == "1"
    assert made["PATH"] == "/bin"
    assert "VLLM_PORT" not in made
    assert "VLLM_CPU_KVCACHE_SPACE" not in launch.environment(lock_table(folder, "cuda"), {}, tmp_path)


def test_preloads_intels_openmp_where_the_environment_has_it(folder: Path, tmp_path: Path) -> None:
    assert "LD_PRELOAD" not in launch.environment(lock_table(folder), {}, tmp_path)
    library = tmp_path / "lib" / "libiomp5.so"
    library.parent.mkdir()
    library.touch()
    made = launch.environment(lock_table(folder), {"LD_PRELOAD": "/x.so"}, tmp_path)
    assert made["LD_PRELOAD"] == f"{library} /x.so"


@pytest.fixture
def lock_file(tmp_path: Path, folder: Path) -> Path:
    path = tmp_path / "release.toml"
    path.write_text(release.as_toml(lock_table(folder)))
    return path


def launched(lock_file: Path, models: Path, *more: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The launcher as its own process, isolated: it must not need anything of this project."""
    command = [sys.executable, "-I", str(LAUNCHER), "--lock", str(lock_file), "--models", str(models), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=variables, cwd="/")


def test_stands_alone_and_prints_the_command(lock_file: Path, models: Path, folder: Path) -> None:
    done = launched(lock_file, models, "--check", "--port", "9")
    assert done.returncode == 0, done.stderr
    command = json.loads(done.stdout)
    assert command[1:3] == ["-m", "vllm.entrypoints.openai.api_server"]
    assert value_of("--model", command) == str(folder)


def test_ends_as_misconfigured_on_a_mismatch(lock_file: Path, models: Path, folder: Path) -> None:
    (folder / "extra.json").write_text("{}")
    done = launched(lock_file, models, **KEY)
    assert done.returncode == launch.CONFIGURATION_ERROR
    assert "extra.json" in done.stderr
    assert "Traceback" not in done.stderr


def sealed(lock: dict) -> str:
    return f"{launch.SEAL}{launch.digest_of(lock)}\n{release.as_toml(lock)}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("temperature = 0.0", "temperature = 0.1"),
        ("seed = 7", "seed = 8"),
        ("max_batched_tokens = 512", "max_batched_tokens = 513"),
        ("eager = true", "eager = false"),
        ("num_speculative_tokens = 5", "num_speculative_tokens = 6"),
        ("context_tokens = 2048", "context_tokens = 2049"),
        ('served_name = "small"', 'served_name = "smalk"'),
    ],
)
def test_does_not_start_on_a_sealed_lock_with_one_changed_value(
    tmp_path: Path, models: Path, folder: Path, before: str, after: str
) -> None:
    lock_file, text = tmp_path / "sealed.toml", sealed(lock_table(folder))
    lock_file.write_text(text)
    assert launch.read_table(lock_file) == lock_table(folder)
    assert text.count(before) == 1
    lock_file.write_text(text.replace(before, after))
    done = launched(lock_file, models, "--check")
    assert (done.returncode, "changed by hand" in done.stderr) == (launch.CONFIGURATION_ERROR, True)


def test_does_not_start_another_version_of_the_engine(tmp_path: Path, models: Path, folder: Path) -> None:
    lock = lock_table(folder)
    lock["engine"]["version"] = "0.1"
    (tmp_path / "other.toml").write_text(sealed(lock))
    done = launched(tmp_path / "other.toml", models, **KEY)
    assert done.returncode == launch.CONFIGURATION_ERROR
    assert "expected version 0.1" in done.stderr


def test_ends_as_misconfigured_without_a_lock(tmp_path: Path, models: Path) -> None:
    done = launched(tmp_path / "none.toml", models, **KEY)
    assert (done.returncode, "none.toml" in done.stderr) == (launch.CONFIGURATION_ERROR, True)


def test_does_not_start_an_engine_without_a_key(lock_file: Path, models: Path) -> None:
    done = launched(lock_file, models)
    assert done.returncode == launch.CONFIGURATION_ERROR
    assert "VLLM_API_KEY is not set" in done.stderr


def test_plans_the_memory_before_it_starts(lock_file: Path, models: Path) -> None:
    """2 layers x 2 x 2 heads x 16 x 2 bytes = 256 bytes a token; 1 GiB holds 4,194,304 of them."""
    done = launched(lock_file, models, "--check")
    assert "memory plan for this machine" in done.stderr
    assert f"KV cache {2**30 // 256} tokens" in done.stderr


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kv_cache_gib": 10**6}, "a context of"),
        ({"kv_cache_gib": 0}, "no context fits"),
    ],
)
def test_does_not_start_what_does_not_fit(
    tmp_path: Path, models: Path, folder: Path, change: dict, told: str
) -> None:
    lock = lock_table(folder)
    lock["engine"] |= change
    if change["kv_cache_gib"]:
        lock["generator"]["context_tokens"] = 10**10
    (tmp_path / "large.toml").write_text(sealed(lock))
    done = launched(tmp_path / "large.toml", models, **KEY)
    assert done.returncode == launch.CONFIGURATION_ERROR
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_does_not_start_without_the_planner_beside_it(lock_file: Path, models: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone" / "launch.py"
    alone.parent.mkdir()
    alone.write_bytes(LAUNCHER.read_bytes())
    command = [sys.executable, "-I", str(alone), "--lock", str(lock_file), "--models", str(models), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={}, cwd="/")
    assert done.returncode == launch.CONFIGURATION_ERROR
    assert "memory.py: expected beside the launcher" in done.stderr


def test_a_card_that_lacks_the_kernel_is_refused(
    models: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = tmp_path / "nvidia-smi"
    listing.write_text("#!/bin/sh\necho 'Tesla T4, 15360, 7.5'\n")
    listing.chmod(0o755)
    monkeypatch.setattr(launch, "CARDS", [str(listing)])
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "fp8"}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(launch.Refused, match=r"fp8 needs compute capability 8\.9, Tesla T4 has 7\.5"):
        launch.plan_memory(lock_table(folder, "cuda"), folder)


def test_a_card_that_cannot_be_seen_is_left_to_the_engine(
    models: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "CARDS", ["no-such-program"])
    assert "no card is seen" in launch.plan_memory(lock_table(folder, "cuda"), folder)


def test_becomes_the_engine(lock_file: Path, models: Path, tmp_path: Path) -> None:
    interpreter = tmp_path / "python"
    interpreter.write_text('#!/bin/sh\necho "$@"; echo key=$VLLM_API_KEY offline=$HF_HUB_OFFLINE\n')
    interpreter.chmod(interpreter.stat().st_mode | stat.S_IXUSR)
    program = (
        f"import sys; sys.path.insert(0, {str(LAUNCHER.parent)!r}); sys.executable = {str(interpreter)!r}\n"
        f"import launch; launch.main({['--lock', str(lock_file), '--models', str(models)]!r}, {KEY!r})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("-m vllm.entrypoints.openai.api_server --model")
    assert "key=k offline=1" in done.stdout

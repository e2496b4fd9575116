"""Start vLLM on exactly the files the lock names, or say which file differs and start nothing.

Stand-alone: standard library only (Python 3.11 or newer), no import from this project, because it is
copied beside read-only weights and run by the engine image's own interpreter (`memory.py` lies beside it):

    python launch.py --lock release.toml --models MODELS [--host H] [--port P] [--check]

The weights lie in `MODELS/<folder>`, where `folder` is the lock's digest of the generator's files.
`services.release` uses the same functions, so that what "verified" means is written once.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from hashlib import file_digest, sha256
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

PICKLED = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".msgpack", ".h5"}
CODE = {".py", ".pyc", ".so", ".pyd", ".dll"}
REMOTE_CODE_KEYS = ("auto_map", "trust_remote_code", "custom_pipelines")
SERVER = "vllm.entrypoints.openai.api_server"
CONFIGURATION_ERROR = 78  # EX_CONFIG of sysexits: restarting is no use
CARDS = ["nvidia-smi", "--query-gpu=name,memory.total,compute_cap", "--format=csv,noheader,nounits"]
SHORT = 32  # hexadecimal digits of a digest that name a folder
SEAL = "# release "  # first line of a lock, followed by the digest of all that follows
NAMED_PARTS = {
    "chat_template": "chat_template.jinja",
    "tokenizer": "tokenizer.json",
    "generation_config": "generation_config.json",
}


class Refused(Exception):
    """What stands on disk is not what the lock names; the message says which file, expected and found."""


def read_table(path: Path) -> dict[str, Any]:
    """The lock's nested values; Refused where they are not those its first line was written for."""
    text = path.read_text(encoding="utf-8")
    table = tomllib.loads(text)
    first = text.partition("\n")[0]
    if first.startswith(SEAL):
        named, found = first.removeprefix(SEAL).strip(), digest_of(table)
        if named != found:
            raise Refused(f"{path}: expected release {named}, found {found}: the lock was changed by hand")
    return table


def digest_of(value: object) -> str:
    """sha256 of the canonical JSON of `value`: sorted keys, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def folder_name(files: Mapping[str, Mapping[str, Any]]) -> str:
    """Name of the folder that holds exactly these files."""
    return digest_of({name: entry["sha256"] for name, entry in files.items()})[:SHORT]


def describe_files(folder: Path) -> dict[str, dict[str, Any]]:
    """Every file under `folder` with its sha256 and size, as the lock writes it."""
    names = _present(folder)
    with ThreadPoolExecutor(max_workers=4) as pool:
        digests = pool.map(lambda name: sha256_of(folder / name), names)
    return {
        name: {"sha256": digest, "size": (folder / name).stat().st_size}
        for name, digest in zip(names, digests, strict=True)
    }


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def verify_folder(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise Refused unless `folder` holds every file of the lock, unchanged, and no other."""
    if not files:
        raise Refused(f"{folder}: the lock names no file for it")
    for name in files:
        _refuse_unsafe_name(name)
    present = set(_present(folder)) if folder.is_dir() else set()
    for name in sorted(present | files.keys()):
        _refuse_pickled(folder, name)
    _refuse_difference(folder, present, files.keys())
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda item: _verify_file(folder, *item), sorted(files.items())))
    refuse_remote_code(folder, files)


def _present(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def _refuse_unsafe_name(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise Refused(f"{name}: the lock may only name files inside the model's folder")


def _refuse_pickled(folder: Path, name: str) -> None:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in PICKLED:
        raise Refused(f"{folder / name}: expected safetensors, found {suffix}, which can run code on loading")
    if suffix in CODE:
        raise Refused(f"{folder / name}: expected weights and configuration only, found program code")


def _refuse_difference(folder: Path, present: set[str], expected: Set[str]) -> None:
    for name in sorted(expected - present):
        raise Refused(f"{folder / name}: expected by the lock, found no such file")
    for name in sorted(present - expected):
        raise Refused(f"{folder / name}: expected nothing here, found a file that the lock does not name")


def _verify_file(folder: Path, name: str, entry: Mapping[str, Any]) -> None:
    path = folder / name
    size = path.stat().st_size
    if size != entry["size"]:
        found = f"{size} bytes, sha256 {sha256_of(path)}"
        raise Refused(f"{path}: expected {entry['size']} bytes, sha256 {entry['sha256']}, found {found}")
    digest = sha256_of(path)
    if digest != entry["sha256"]:
        raise Refused(f"{path}: expected sha256 {entry['sha256']}, found {digest}")


def refuse_remote_code(folder: Path, names: Iterable[str]) -> None:
    """Raise Refused where a configuration asks the loader to run code that came with the weights."""
    for name in sorted(names):
        if name.endswith(".json") and PurePosixPath(name).name.endswith("config.json"):
            config = json.loads((folder / name).read_text(encoding="utf-8"))
            key = _remote_code_key(config)
            if key:
                raise Refused(f"{folder / name}: expected no remote code, found the key {key!r}")


def _remote_code_key(config: object) -> str | None:
    if isinstance(config, list):
        return next(filter(None, map(_remote_code_key, config)), None)
    if not isinstance(config, dict):
        return None
    direct = next((key for key in REMOTE_CODE_KEYS if config.get(key)), None)
    return direct or _remote_code_key(list(config.values()))


def verify_generator(lock: Mapping[str, Any], models: Path) -> Path:
    """Folder of the generator's weights, every file of which is what the lock names."""
    files = lock["generator"]["files"]
    folder = models / folder_name(files)
    verify_folder(folder, files)
    if not any(name.endswith(".safetensors") for name in files):
        raise Refused(f"{folder}: expected safetensors weights, found none in the lock")
    _refuse_other_parts(folder, lock["generator"])
    _refuse_other_quantization(folder, lock["generator"]["quantization"])
    return folder


def _refuse_other_parts(folder: Path, generator: Mapping[str, Any]) -> None:
    """The digests that the lock names by their part must be those of the files it lists."""
    for part, name in NAMED_PARTS.items():
        expected, entry = generator.get(part), generator["files"].get(name)
        if expected and entry and entry["sha256"] != expected:
            raise Refused(
                f"{folder / name}: expected {part} {expected}, the lock's file is {entry['sha256']}"
            )


def _refuse_other_quantization(folder: Path, expected: Mapping[str, Any]) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    found = config.get("quantization_config") or {}
    if expected["bits"] not in widths(found):
        raise Refused(
            f"{folder / 'config.json'}: expected {expected['bits']} bits, found another quantization"
        )


def widths(quantization: Mapping[str, Any]) -> set[int]:
    """Bits of the weights that a configuration's quantization names; 16 or 32 where it names none."""
    if not quantization:
        return {16, 32}
    if quantization.get("quant_method") == "fp8":
        return {8}
    groups = quantization.get("config_groups") or {}
    named = [group["weights"]["num_bits"] for group in groups.values() if group.get("weights")]
    return {*named, *(quantization[key] for key in ("bits", "num_bits", "w_bit") if key in quantization)}


def refuse_other_engine(engine: Mapping[str, Any]) -> None:
    """Raise Refused unless this interpreter's environment holds the engine version that the lock names.

    A build's local mark (`+cu130`) counts only where the lock names one.
    """
    expected = engine["version"]
    try:
        found = metadata.version(engine["distribution"])
    except metadata.PackageNotFoundError as error:
        raise Refused(f"{engine['distribution']}: expected version {expected}, found none") from error
    if expected not in (found, found.partition("+")[0]):
        raise Refused(f"{engine['distribution']}: expected version {expected}, found {found}")


def arguments(lock: Mapping[str, Any], folder: Path, host: str, port: int) -> list[str]:
    """vLLM's command line; all that shapes an answer comes from the lock."""
    generator, engine = lock["generator"], lock["engine"]
    written = {
        "--model": str(folder),
        "--served-model-name": generator["served_name"],
        "--max-model-len": generator["context_tokens"],
        "--max-num-batched-tokens": engine["max_batched_tokens"],
        "--max-num-seqs": engine["max_sequences"],
        "--load-format": "safetensors",
        "--generation-config": "vllm",
        "--override-generation-config": json.dumps(_default_sampling(lock["sampling"])),
        "--seed": lock["sampling"]["seed"],
        "--host": host,
        "--port": port,
    }
    if engine.get("speculation"):
        written["--speculative-config"] = json.dumps(engine["speculation"])
    if engine["device"] == "cuda":
        written["--gpu-memory-utilization"] = engine["gpu_memory_utilization"]
    pairs = [text for flag, value in written.items() for text in (flag, str(value))]
    return pairs + _switches(engine)


def _default_sampling(sampling: Mapping[str, Any]) -> dict[str, Any]:
    return {"temperature": sampling["temperature"], "top_p": sampling["top_p"]}


def _switches(engine: Mapping[str, Any]) -> list[str]:
    """Flags without a value; neither questions nor answers are logged."""
    switches = ["--no-enable-log-requests", "--disable-uvicorn-access-log", "--disable-fastapi-docs"]
    switches.append("--enable-prefix-caching" if engine["prefix_caching"] else "--no-enable-prefix-caching")
    return [*switches, "--enforce-eager"] if engine["eager"] else switches


def environment(lock: Mapping[str, Any], inherited: Mapping[str, str], prefix: Path) -> dict[str, str]:
    """Environment of the engine: offline, silent, and free of what a Kubernetes Service injects.

    `prefix` is the engine environment's folder.
    """
    kept = {name: value for name, value in inherited.items() if name not in {"VLLM_PORT", "VLLM_HOST_IP"}}
    kept.update(
        HF_HUB_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        TRANSFORMERS_OFFLINE="1",
        VLLM_NO_USAGE_STATS="1",
        DO_NOT_TRACK="1",
        VLLM_PLUGINS="",
    )
    if lock["engine"]["device"] == "cpu":
        kept.update(VLLM_CPU_KVCACHE_SPACE=str(lock["engine"]["kv_cache_gib"]))
        kept.update(_preloaded(kept.get("LD_PRELOAD", ""), prefix))
    return kept


def _preloaded(present: str, prefix: Path) -> dict[str, str]:
    """Intel's OpenMP before torch's: without it vLLM on busy cores was seen to be three times slower."""
    openmp = prefix / "lib" / "libiomp5.so"
    return {"LD_PRELOAD": " ".join(filter(None, [str(openmp), present]))} if openmp.is_file() else {}


def plan_memory(lock: Mapping[str, Any], folder: Path) -> str:
    """Where the memory will go, in one line; Refused where it does not fit or the card lacks the kernel."""
    memory = _load_beside("memory")
    device = _device(memory, lock["engine"]["device"])
    if device is None:
        return "memory not planned: no card is seen"
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    form = memory.precision_of(config, widths(config.get("quantization_config") or {}))
    missing = memory.missing_kernel(form, device)
    if missing:
        raise Refused(f"{folder}: {missing}")
    try:
        model = memory.read_architecture(config)
    except memory.CannotPlan as unknown:
        return f"memory not planned: {unknown}"
    weights, wish = memory.read_weights(folder).total, wanted(memory, lock)
    plan = memory.make_plan(weights, model, wish, device)
    if not plan.fits:
        raise Refused(
            _does_not_fit(memory, plan, device, memory.longest_context(weights, model, wish, device))
        )
    rest = plan.activations + plan.overhead
    return (
        f"memory plan for {device.name}: weights {plan.weights / memory.GIB:.2f} GiB, "
        f"activations and overhead {rest / memory.GIB:.2f} GiB, KV cache {plan.kv_tokens} tokens"
    )


def _load_beside(name: str) -> Any:
    """The other stand-alone file; it lies beside this one wherever this one is copied to."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"holdfast_{name}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise Refused(f"{path}: expected beside the launcher, found no such file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def _device(memory: Any, name: str) -> Any:
    if name == "cpu":
        return memory.this_machine()
    try:
        listing = subprocess.run(CARDS, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return next(iter(memory.read_cards(listing)), None)


def wanted(memory: Any, lock: Mapping[str, Any]) -> Any:
    """One whole context must fit, which is vLLM's own rule; what is more waits or is put off."""
    engine = lock["engine"]
    return memory.Wanted(
        context=lock["generator"]["context_tokens"],
        concurrency=1,
        batched_tokens=engine["max_batched_tokens"],
        utilization=engine["gpu_memory_utilization"],
        kv_space=engine["kv_cache_gib"] * memory.GIB,
        is_eager=engine["eager"],
    )


def _does_not_fit(memory: Any, plan: Any, device: Any, context: int) -> str:
    gib = memory.GIB
    nearest = (
        f"a context of {context} tokens fits" if context else "no context fits: fewer bits or a larger card"
    )
    return (
        f"expected room for {plan.needed / gib:.2f} GiB, found {plan.usable / gib:.2f} GiB usable of "
        f"{device.name} ({plan.kv_available / gib:.2f} GiB of it for keys and values); {nearest}"
    )


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Start vLLM on the files that a lock names.")
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True, help="folder of model folders")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--check", action="store_true", help="verify, print the command, start nothing")
    return parser.parse_args(words)


def main(words: list[str], inherited: Mapping[str, str]) -> None:
    """Verify, then become vLLM; ends with status 78 where it refuses."""
    options = parse(words)
    try:
        lock = read_table(options.lock)
        refuse_other_engine(lock["engine"])
        folder = verify_generator(lock, options.models)
        sys.stderr.write(plan_memory(lock, folder) + "\n")
    except (Refused, OSError, ValueError, KeyError) as error:
        raise _not_started(str(error)) from error
    command = [sys.executable, "-m", SERVER, *arguments(lock, folder, options.host, options.port)]
    if options.check:
        sys.stdout.write(json.dumps(command) + "\n")
        return
    if not inherited.get("VLLM_API_KEY"):
        raise _not_started("VLLM_API_KEY is not set, so anyone could use the port")
    prepared = environment(lock, inherited, Path(sys.prefix))
    os.execve(sys.executable, command, prepared)  # noqa: S606  (no shell is wanted)


def _not_started(reason: str) -> SystemExit:
    sys.stderr.write(f"engine not started: {reason}\n")
    return SystemExit(CONFIGURATION_ERROR)


if __name__ == "__main__":
    main(sys.argv[1:], os.environ)  # noqa: TID251  (stand-alone: services.settings is not there)

"""`holdfast models …`: get, pin, compare and sign what a release is made of."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services import errors, release, signatures
from services.cli import candidate_lock, models_quantize, models_runs, served_release
from services.cli.complaints import complaining
from services.engine import cards, catalogue, lock_parts, planning
from services.engine.memory import GIB, Device, Plan, Precision, Wanted
from services.engine.model_store import ModelStore
from services.release import Generator, Lock
from services.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The model: get, quantize, plan, pin and compare it.")
app.command()(models_quantize.quantize)
app.command()(models_runs.runs)
app.command()(models_runs.cancel)
console = Console()
PROMPTS = Path(__file__).parents[1] / "answers" / "prompts"
LockOption = Annotated[Path | None, typer.Option("--lock", help="a lock; else the one that is served")]


@app.command("catalogue")
def catalogue_command() -> None:
    """Small models that suit one GPU, with their licences and quantized repositories."""
    table = Table("model", "parameters", "context", "licence", "quantized")
    for entry in catalogue.read():
        quantized = [name for name in (entry.awq, entry.gptq, entry.qat) if name]
        size = f"{entry.parameters:g} B"
        table.add_row(entry.repository, size, str(entry.context), entry.license, "\n".join(quantized))
    console.print(table)


@app.command("list")
def list_command() -> None:
    """The models that were pulled or made on this machine."""
    table = Table("name", "folder", "form", "from")
    for generator in ModelStore(served_release.load().models_root).generators():
        form = generator.quantization
        table.add_row(
            generator.served_name,
            generator.folder[:12],
            f"{form.method} {form.bits}",
            f"{generator.repository}@{generator.revision[:12]}",
        )
    console.print(table)


@app.command()
def pull(
    origin: Annotated[str, typer.Argument(help="REPO[@REVISION], s3://…, a folder, .tar, .whl or .gguf")],
    into: Annotated[Path | None, typer.Option(help="write a candidate lock with this model")] = None,
    base: Annotated[Path | None, typer.Option(help="lock to take all other parts from")] = None,
    licence: Annotated[str | None, typer.Option(help="where the origin does not say it")] = None,
    context: Annotated[int | None, typer.Option(help="longest prompt and answer in tokens")] = None,
) -> None:
    """Bring a model here: safetensors, tokenizer and configuration only, each file by its digest."""
    from services.engine import origins  # noqa: PLC0415  (brings the clients of hubs and buckets along)

    settings = served_release.load()
    generator = complaining(origins.pull, settings, origins.Wish(origin, licence, context))
    _tell(generator, settings)
    if into is not None:
        complaining(candidate_lock.write, settings, generator, base, into)


def _tell(generator: Generator, settings: Settings) -> None:
    total = sum(file.size for file in generator.files.values())
    console.print(f"{generator.repository}@{generator.revision}", markup=False, highlight=False)
    console.print(f"  {len(generator.files)} files, {total / 1e6:.0f} MB, licence {generator.license}")
    console.print(f"  {settings.models_root / generator.folder}", markup=False, highlight=False)
    if generator.quantization.label:
        console.print(f"  {generator.quantization.label}", markup=False, highlight=False)


@app.command()
def plan(
    model: Annotated[
        str, typer.Argument(help="name or folder, as `models list` shows it, or a folder's path")
    ],
    *,
    gpu: Annotated[str, typer.Option(help="auto, cpu, or a card such as 'L4 24GB'")] = "auto",
    precision: Annotated[str, typer.Option(help="own, fp32, bf16, fp8, w8a8, gptq8, gptq4, awq4")] = "own",
    context: Annotated[int, typer.Option(min=1, help="tokens of prompt and answer")] = 4096,
    concurrency: Annotated[int, typer.Option(min=1, help="whole contexts at once")] = 1,
    kv_bits: Annotated[int, typer.Option(min=4, max=16, help="16, or 8 for quantized keys and values")] = 16,
    kv_gib: Annotated[int, typer.Option(min=1, help="KV space of the CPU engine")] = 4,
    batched_tokens: Annotated[int, typer.Option(min=1, help="tokens of one step")] = 8192,
) -> None:
    """Whether a model fits a card, and which settings near the wanted ones do; ends with 1 where not."""
    wish = Wanted(context, concurrency, batched_tokens, kv_bits, kv_space=kv_gib * GIB)
    subject = complaining(_subject, served_release.load(), model)
    form = complaining(planning.precision_named, precision, subject)
    device = complaining(cards.find, gpu)
    made = complaining(planning.plan_for, subject, form, wish, device)
    _tell_plan(form, device, made)
    if not made.fits:
        for found in planning.nearest(subject, form, wish, device):
            console.print(f"  fits with {found.change}", highlight=False)
        raise typer.Exit(1)


def _subject(settings: Settings, model: str) -> planning.Subject:
    folder = Path(model)
    if not (folder / "config.json").is_file():
        folder = settings.models_root / ModelStore(settings.models_root).generator(model).folder
    return planning.open_model(folder)


def _tell_plan(form: Precision, device: Device, made: Plan) -> None:
    table = Table(f"{form.name} on {device.name}", "GiB")
    rows = {
        "weights": made.weights,
        "activations": made.activations,
        "overhead": made.overhead,
        "keys and values": made.kv_wanted,
        "needed": made.needed,
        "usable": made.usable,
    }
    for name, size in rows.items():
        table.add_row(name, f"{size / GIB:.2f}")
    console.print(table)
    verdict = "fits" if made.fits else "does not fit"
    console.print(f"{verdict}: room for {made.sequences} contexts at once, {made.kv_tokens} tokens in all")


@app.command()
def bundle(
    model: Annotated[str, typer.Argument(help="name or folder, as `models list` shows it")], target: Path
) -> None:
    """Write a model as one tar for machines without a network; `models pull` reads it there."""
    from services.engine import origins  # noqa: PLC0415  (brings the clients of hubs and buckets along)

    generator = complaining(origins.bundle, served_release.load(), model, target)
    console.print(f"{target}: {generator.served_name}, {len(generator.files)} files", markup=False)


@app.command()
def show(lock: LockOption = None) -> None:
    """What a release is made of."""
    found = complaining(release.read_lock, lock or served_release.load().release_lock)
    console.print(f"release {found.release_id}", highlight=False)
    for part, named in lock_parts.parts(found).items():
        console.print(f"  {part:18} {named}", markup=False, highlight=False)


@app.command()
def diff(one: Path, other: Path) -> None:
    """What two releases name differently; ends with 1 where they differ."""
    locks = [complaining(release.read_lock, path) for path in (one, other)]
    table = Table("what", str(one), str(other))
    found = lock_parts.differences(*locks)
    for row in found:
        table.add_row(*row)
    if found:
        console.print(table)
        raise typer.Exit(1)
    console.print(f"both are release {locks[0].release_id}", highlight=False)


@app.command()
def verify(
    lock: LockOption = None,
    engine_python: Annotated[Path | None, typer.Option(help="check the engine's version too")] = None,
) -> None:
    """Hash every file a release names; ends with 1 where one differs."""
    settings = served_release.load()
    path = lock or settings.release_lock
    found = complaining(_trusted, settings, path)
    checked = lock_parts.check(found, path, settings.models_root, PROMPTS, engine_python)
    for one in checked:
        console.print(f"{'[red]differs[/]' if one.problem else '[green]same   [/]'} {one.part}")
        if one.problem:
            console.print(f"        {one.problem}", markup=False, highlight=False)
    console.print(f"release {found.release_id}", highlight=False)
    if any(one.problem for one in checked):
        raise typer.Exit(1)


def _trusted(settings: Settings, path: Path) -> Lock:
    named = settings.model_copy(update={"release": settings.release.model_copy(update={"lock": path})})
    return signatures.read_trusted_lock(named)


@app.command()
def keygen(
    private: Annotated[Path, typer.Argument(help="new file for the private key; keep it off the servers")],
    public: Annotated[Path, typer.Argument(help="new file for the public key")],
) -> None:
    """Make an Ed25519 key pair to sign locks with."""
    complaining(signatures.make_key_pair, private, public)
    console.print("require it with HOLDFAST_RELEASE__REQUIRE_SIGNATURE=true and HOLDFAST_RELEASE__PUBLIC_KEY")


@app.command()
def sign(lock: Path, key: Annotated[Path, typer.Option(help="the private key")]) -> None:
    """Sign a lock; the signature lies beside it and belongs to this very release."""
    console.print(str(complaining(signatures.sign, lock, key)), markup=False, highlight=False)


@app.command()
def prune(
    yes: Annotated[bool, typer.Option("--yes", help="remove; else only show")] = False,
    keep: Annotated[list[Path] | None, typer.Option(help="keep what these locks name too")] = None,
) -> None:
    """Remove models that neither the last two releases nor the locks beside the served one name."""
    settings = served_release.load()
    store = ModelStore(settings.models_root)
    named = complaining(_named_locks, settings, keep or [])
    found = complaining(store.prune if yes else store.unused, named)
    for folder in found:
        console.print(f"{'removed' if yes else 'unused'} {folder}", markup=False, highlight=False)
    if not found:
        console.print("nothing is unused")


def _named_locks(settings: Settings, keep: list[Path]) -> list[Lock]:
    beside = settings.release_lock.parent.glob("*.toml") if settings.release_lock.is_file() else []
    return [*map(release.read_lock, keep), *_readable(beside)]


def _readable(paths: Iterable[Path]) -> list[Lock]:
    found = []
    for path in paths:
        try:
            found.append(release.read_lock(path))
        except errors.LockMismatch:
            continue  # another file that happens to lie there, or an old form nobody serves
    return found

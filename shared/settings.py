"""Every setting, its default and its meaning. Environment variables and .env; .env.example lists them."""

import os
import re
from base64 import b64decode
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from shared.env_file import encoding_of
from shared.redis_address import parse_address

_ROOT = Path(__file__).resolve().parent.parent
ENV_FILE: Final = _ROOT / ".env"

TONE_MODELS: Final = ("open", "research")
"""The tone models that come with Linnet."""


def _tone_model(value: str) -> str:
    """Return a name unchanged and a path made absolute. The worker checks whether the file exists."""
    if value in TONE_MODELS:
        return value
    if not value.endswith(".npz"):
        raise ValueError("it can be open, research, or the path of a model of your own, whose name ends in .npz")
    # As a shell does: it leaves ~ as it is if the user does not exist.
    return str(_ROOT / os.path.expanduser(value))  # noqa: PTH111


API_KEY: Final = re.compile(r"[A-Za-z0-9._-]{1,64}:[0-9A-Fa-f]{64}")
"""An API key's name and the SHA-256 of the key."""

_ED25519_BYTES: Final = 32

_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


def _from_root(path: Path) -> Path:
    return _ROOT / path.expanduser()


def _secrets_dir() -> Path | None:
    named = os.environ.get("LINNET_SECRETS_DIR")
    return _from_root(Path(named)) if named else None


def _origin(value: str) -> str:
    """Return an origin as browsers write it: "https://Example.org:443/" → "https://example.org"."""
    url = urlsplit(value)
    if value == "*":
        raise ValueError("* would allow every page on the web: list the allowed origins, such as https://example.org")
    if not url.netloc or "@" in url.netloc or url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError(
            f"{value} is not an origin: write https://example.org or http://localhost:3000, without a path"
        )
    return f"{url.scheme}://{url.netloc.lower().removesuffix(_DEFAULT_PORTS.get(url.scheme, ' '))}"


def _network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError as error:
        raise ValueError(f"{error}: write addresses like 192.0.2.1 and networks like 192.0.2.0/24") from None


def _proxy(value: str) -> str:
    return value if value == "*" else _network(value)


def _api_key(value: str) -> str:
    if not API_KEY.fullmatch(value):
        raise ValueError("an entry is not NAME:HASH as `./manage.sh api-key NAME` prints it (the hash, not the key)")
    return value


def _public_key(value: str) -> str:
    try:
        fits = len(b64decode(value, validate=True)) == _ED25519_BYTES
    except ValueError:
        fits = False
    if not fits:
        raise ValueError("it is not an Ed25519 public key: use the 44 characters that `./manage.sh license-key` prints")
    return value


def _redis_url(value: str | None) -> str | None:
    if value is not None:
        parse_address(value)
    return value


class Settings(BaseSettings):
    """Read from LINNET_* variables, then from .env in the project's root, then from the files in secrets_dir."""

    model_config = SettingsConfigDict(
        env_prefix="LINNET_",
        env_file=ENV_FILE,
        env_file_encoding=encoding_of(ENV_FILE),
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    # Redis
    redis_url: Annotated[str | None, AfterValidator(_redis_url)] = None
    """Where sessions, audio and events live. Not set: `manage.sh start` runs a server of its own."""
    redis_port: Annotated[int, Field(ge=1, le=65535)] = 8523
    """Loopback port of that server."""
    queue_url: Annotated[str | None, AfterValidator(_redis_url)] = None
    """Where arq's queue lives: standalone or Sentinel. Default: the same server. Needed with a cluster."""
    redis_appendonly: bool = True
    """Whether that server keeps an append-only file. Without one, nothing is ever written to disk, and a restart loses
    everything."""
    redis_open_to_readers: bool = False
    """Whether every user of this machine may subscribe to that server and read stored events without a password."""
    redis_timeout: Annotated[float, Field(gt=0)] = 5.0
    """Seconds until a Redis command that gets no answer counts as failed."""
    replicas: Annotated[int, Field(ge=0, le=16)] = 0
    """Replicas that must have audio before it is acknowledged, and a start, end or erasure before it is answered."""

    # Ports and processes
    host: str = "127.0.0.1"
    gateway_port: Annotated[int, Field(ge=1, le=65535)] = 8522
    ui_port: Annotated[int, Field(ge=1, le=65535)] = 8521
    page_dir: Annotated[Path, AfterValidator(_from_root)] = _ROOT / "frontend" / "dist"
    """The built page, which gateways serve on ui_port. If there is none they serve the API alone. Relative to the
    project's root."""
    gateways: Annotated[int, Field(ge=1, le=64)] = 1
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    data_dir: Path = _ROOT / "data"
    """Logs, the embedded Redis' files and the built encoder."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    # Sessions
    partitions: Annotated[int, Field(ge=1, le=4096)] = 16
    """Partitions that new sessions are spread over. May change at any time."""
    idle_ttl: Annotated[float, Field(gt=0)] = 90.0
    """Seconds without an audio socket or a listener after which a session ends automatically."""
    presence_interval: Annotated[float, Field(gt=0)] = 15.0
    """Seconds between a gateway's renewals of a session's presence."""
    retention: Annotated[float, Field(ge=0)] = 86_400.0
    """Seconds for which history and export stay readable after the end; 0 = erased 60 s after session-ended."""
    voice_profile_days: Annotated[float, Field(ge=0, le=730)] = 90.0
    """Days after their last use for which corrections are kept if a person asked for it; 0 = none are kept."""
    audio_ttl: Annotated[float, Field(ge=1)] = 60.0
    """Seconds for which processed audio may be kept for a future window. A longer pause ends the current utterance."""
    rewrite_delay: Annotated[float, Field(gt=0, le=25)] = 20.0
    """Seconds over which erasures are collected; within twice this time Redis rewrites its append-only file."""
    backlog_seconds: Annotated[float, Field(gt=0)] = 30.0
    """Seconds of unclassified audio of one session above which its acknowledgements wait."""
    partition_backlog_mb: Annotated[float, Field(gt=0)] = 64.0
    """Megabytes of PCM on one partition's stream above which acknowledgements of its lagging sessions wait."""
    hold_seconds: Annotated[float, Field(gt=0)] = 60.0
    """Seconds that acknowledgements wait without progress by any worker before the audio socket is closed (1013)."""
    max_load: Annotated[float, Field(ge=0, le=10)] = 0.85
    """Load of the workers, 0…1, up to which new sessions are accepted; 0 always accepts them."""
    request_timeout: Annotated[float, Field(gt=0)] = 15.0
    """Seconds within which a request's headers must arrive, and then its body. Later ones get 408."""
    events_max: Annotated[int, Field(ge=100)] = 200_000
    """Stored events kept of one session; older ones are cut off and announced as `gap`."""
    license_key: str | None = None
    """Licence key for paid features (pin), used when a request carries none."""
    license_public_key: Annotated[str, AfterValidator(_public_key)] | None = None
    """Ed25519 public key, 32 bytes in base64. With it, licence keys must be signed; without, the prefix suffices."""
    pinned_sessions: Annotated[int, Field(ge=0)] = 1000
    """Sessions that may be pinned at a time; 0 = any number."""

    # Access. Lists are comma separated.
    allowed_origins: Annotated[list[Annotated[str, AfterValidator(_origin)]], NoDecode] = Field(default_factory=list)
    """Origins, besides the page's own, that browsers may call from; the page's own too if it has a public name."""
    api_keys: Annotated[list[Annotated[str, AfterValidator(_api_key)]], NoDecode] = Field(
        default_factory=list, repr=False
    )
    """NAME:HASH of each API key. With any of them, or with api_keys_file, starting a session requires a key."""
    api_keys_file: Annotated[Path, AfterValidator(_from_root)] | None = None
    """A file with one NAME:HASH a line, read again whenever it changes. Relative to the project's root."""
    trusted_proxies: Annotated[list[Annotated[str, AfterValidator(_proxy)]], NoDecode] = ["127.0.0.1", "::1"]
    """Addresses and networks whose X-Forwarded-For and X-Forwarded-Host are trusted; * trusts every address."""
    worker_redis_url: Annotated[str | None, AfterValidator(_redis_url)] = None
    """Where workers connect if they use a different Redis user from the gateways. Default: redis_url."""

    # Limits, each counted by every gateway process for itself. 0 = none.
    unlimited_clients: Annotated[list[Annotated[str, AfterValidator(_network)]], NoDecode] = ["127.0.0.0/8", "::1"]
    """Addresses and networks without limits per client."""
    requests_per_minute: Annotated[int, Field(ge=0)] = 3000
    """HTTP calls and WebSocket handshakes of one client."""
    starts_per_minute: Annotated[int, Field(ge=0)] = 120
    """Sessions started by one client."""
    pins_per_minute: Annotated[int, Field(ge=0)] = 10
    """Sessions pinned by one client."""
    sockets_per_client: Annotated[int, Field(ge=0)] = 200
    """Audio sockets open at a time."""
    streams_per_client: Annotated[int, Field(ge=0)] = 500
    """Event streams open at a time."""
    streams_per_session: Annotated[int, Field(ge=0)] = 2000
    """Event streams of one session open at a time."""
    corrections_per_minute: Annotated[int, Field(ge=0)] = 120
    """Corrections of one session."""
    frames_per_second: Annotated[int, Field(ge=0)] = 500
    """Frames accepted from one audio socket; more wait in TCP."""

    # Event streams
    heartbeat_interval: Annotated[float, Field(gt=0)] = 15.0
    reread_interval: Annotated[float, Field(gt=0)] = 3.0
    """Seconds between a gateway's reads of a stream with listeners, so that a lost notice delays no event for long."""
    listener_queue: Annotated[int, Field(ge=8)] = 256
    """Events that may wait for one slow SSE client before it is disconnected (it can resume)."""

    # Workers
    lease_ttl: Annotated[float, Field(gt=0)] = 3.0
    """Seconds after which a partition whose worker stopped renewing is taken over."""
    step_limit: Annotated[float, Field(gt=0)] = 60.0
    """Seconds that one call to the models may take before the worker counts as hung and exits."""
    classifier: Literal["speech", "facts", "mock"] = "speech"
    """facts: no tone model is loaded; every session reports measured facts only."""
    tone_model: Annotated[str, AfterValidator(_tone_model)] = "open"
    """open, research, or the path, relative to the project's root, of the .npz that `./manage.sh python -m
    training.train --own` wrote."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    inference_threads: Annotated[int, Field(ge=1)] = 1
    """CPU threads of one worker's models. One each, and more workers, gives the most sessions per core."""
    max_batch: Annotated[int, Field(ge=1)] = 16
    """Windows classified in one model call."""

    # Speech to words
    words: Literal["off", "tiny.en", "base"] = "off"
    """The size of Whisper that writes down the words: tiny.en, English only, or base, about 100 languages and twice the
    work. off: no session has words."""

    # Speech to tone
    window_seconds: Annotated[float, Field(ge=1.0, le=10.0)] = 3.0
    hop_seconds: Annotated[float, Field(ge=0.25, le=10.0)] = 1.0
    reliability_floor: Annotated[float, Field(ge=0.0, le=1.0)] = 0.6
    """No tone event is emitted below this confidence."""

    secrets_dir: Annotated[Path, AfterValidator(_from_root)] | None = None
    """Folder of files that each hold one setting and are named after it: for URLs with passwords, which other users
    might be able to read in an environment. Read from the environment only."""

    # The name that deployments of the mock already use.
    mock: Annotated[bool, Field(validation_alias="CF_VOICE_MOCK")] = False

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: dict[str, object]) -> dict[str, object]:
        for name in ("allowed_origins", "api_keys", "trusted_proxies", "unlimited_clients"):
            text = values.get(name)
            if isinstance(text, str):
                values[name] = [item.strip() for item in text.split(",") if item.strip()]
        return values

    def for_worker(self) -> "Settings":
        """Return the settings for a worker: with its own Redis user, without the gateways' secrets."""
        own: dict[str, object] = {"license_key": None, "api_keys": [], "worker_redis_url": None}
        if self.worker_redis_url:
            own["redis_url"] = self.worker_redis_url
        return self.model_copy(update=own)

    def for_gateway(self) -> "Settings":
        """Return the settings for a gateway: without the workers' secrets."""
        return self.model_copy(update={"worker_redis_url": None, "queue_url": None})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del file_secret_settings  # it would use the folder given when the class was defined
        secrets = SecretsSettingsSource(settings_cls, _secrets_dir())
        return init_settings, env_settings, dotenv_settings, secrets

    @model_validator(mode="after")
    def _queue_is_no_cluster(self) -> Self:
        if parse_address(self.arq_url).kind == "cluster":
            raise ValueError(
                "LINNET_QUEUE_URL must name a standalone or Sentinel server: the job queue cannot run on a cluster"
            )
        return self

    @cached_property
    def backend(self) -> Literal["speech", "facts", "mock"]:
        """Return the backend to use: CF_VOICE_MOCK=1 chooses the mock, whatever `classifier` is."""
        return "mock" if self.mock else self.classifier

    @property
    def facts_only(self) -> bool:
        """Return whether no session infers any tone, the mock's included."""
        return self.classifier == "facts"

    @property
    def data_url(self) -> str:
        """Return the URL of the Redis in use: the configured one, else the embedded one."""
        return self.redis_url or f"redis://127.0.0.1:{self.redis_port}/0"

    @property
    def arq_url(self) -> str:
        return self.queue_url or self.data_url

    @property
    def running_expiry(self) -> int:
        """Return the seconds until the keys of a running session expire unless its presence or a commit renews them."""
        return int(self.idle_ttl + max(self.retention, 60.0) + 3600.0)

    @property
    def ended_expiry(self) -> int:
        """Return the seconds for which the keys of an ended session are kept; the client reads the end even at
        retention 0."""
        return int(max(self.retention, 60.0))


class SettingsError(Exception):
    """A setting is invalid; str() says which one, why, and where to change it."""


def setting_variables() -> list[str]:
    """Return the environment variables that are settings."""
    return [str(field.validation_alias or f"LINNET_{name.upper()}") for name, field in Settings.model_fields.items()]


def read_settings() -> Settings:
    """Read the settings of this process. Raises SettingsError."""
    folder = _secrets_dir()
    if folder is not None and not os.access(folder, os.R_OK | os.X_OK):
        raise SettingsError(
            f"LINNET_SECRETS_DIR names {folder}, which this process cannot read: "
            "create the folder, or change the variable in the environment."
        )
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        why = first["msg"].removeprefix("Value error, ")
        raise SettingsError(
            f"{_found(first['loc'], first['input'])}{why}. Change it in the environment or in .env."
        ) from None
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError(f"{ENV_FILE} cannot be read ({reason}): save it as UTF-8 text, readable by you.") from None


def _found(loc: tuple[int | str, ...], value: object) -> str:
    """Return "LINNET_WORKERS is 'many': ", without what must not be shown: addresses contain passwords, and a key may
    have been pasted where its hash belongs."""
    if not loc:
        return ""
    name = str(loc[0])
    variable = name if name.isupper() else f"LINNET_{name.upper()}"
    secret = name.endswith("_url") or name == "api_keys"
    return f"{variable} is not valid: " if secret else f"{variable} is {value!r}: "

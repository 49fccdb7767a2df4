"""Run a command with only its own secrets, files private to this user, and no core dumps.

    python ops/stack/run_privately.py ROLE COMMAND…

ROLE is redis, gateway or worker. Run it by its path, because the supervisor starts Redis from another folder.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

sys.path[0] = str(Path(__file__).resolve().parents[2])

from shared.private_process import keep_private  # noqa: E402

SECRETS: Final = frozenset(
    {
        "LINNET_REDIS_URL",
        "LINNET_WORKER_REDIS_URL",
        "LINNET_QUEUE_URL",
        "LINNET_LICENSE_KEY",
        "LINNET_API_KEYS",
        "LINNET_SECRETS_DIR",
    }
)
"""Settings that are credentials, or that name a folder of credentials."""

_OWN: Final[Mapping[str, frozenset[str]]] = {
    "redis": frozenset(),
    "gateway": frozenset({"LINNET_REDIS_URL", "LINNET_LICENSE_KEY", "LINNET_API_KEYS", "LINNET_SECRETS_DIR"}),
    "worker": frozenset({"LINNET_REDIS_URL", "LINNET_WORKER_REDIS_URL", "LINNET_QUEUE_URL", "LINNET_SECRETS_DIR"}),
}


def secrets_of(role: str, data_dir: Path) -> Path:
    """Return the folder with `role`'s credentials for the embedded server, one file per setting."""
    return data_dir / "run" / "secrets" / role


def environment_of(role: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the secrets of other roles."""
    own = {name: value for name, value in environment.items() if name not in SECRETS - _OWN[role]}
    if own.get("LINNET_WORKER_REDIS_URL"):
        own.pop("LINNET_REDIS_URL", None)  # the gateways'
    embedded = environment.get("LINNET_EMBEDDED_REDIS") == "true"
    if embedded and _OWN[role]:
        own["LINNET_SECRETS_DIR"] = str(secrets_of(role, Path(environment["LINNET_DATA_DIR"])))
    return own


def main(arguments: list[str]) -> NoReturn:
    """Become the command."""
    if len(arguments) < 2 or arguments[0] not in _OWN:
        sys.exit(f"usage: python ops/stack/run_privately.py {'|'.join(_OWN)} COMMAND…")
    role, *command = arguments
    keep_private()
    os.execvpe(command[0], command, environment_of(role, os.environ))  # noqa: S606  # no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])

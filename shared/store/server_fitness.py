"""Decide from a Redis server's INFO whether it can keep Linnet's promises."""

import re
from collections.abc import Mapping
from typing import Any, Final

OLDEST_SERVER: Final = (6, 2)
"""It introduced XRANGE with exclusive ids and XTRIM MINID."""

Line = tuple[int, int]

MENDED: Final[dict[str, dict[Line, int]]] = {
    "Valkey": {(7, 2): 12, (8, 0): 7, (8, 1): 6, (9, 0): 3},
    "Redis": {(6, 2): 20, (7, 2): 11, (7, 4): 6, (8, 0): 4, (8, 2): 2, (8, 6): 3},
}
"""Release line → the first patch release without the known vulnerabilities: CVE-2025-49844 (code execution by Lua
scripts), CVE-2026-21863 and CVE-2026-27623 (crashes of Valkey), CVE-2026-23479 (code execution by blocked clients)."""


class UnsuitableServerError(Exception):
    """The server cannot do what Linnet needs; str() says why."""


def judge(info: Mapping[str, Any], *, durable: bool = True) -> list[str]:
    """Return the warnings for the operator. Raises UnsuitableServerError. Fields missing from INFO are assumed
    to be fine.

    durable: whether the server should write an append-only file.
    """
    _refuse(info)
    found = [_evicts_later(info), _holes(info), _forgets(info) if durable else None]
    return [warning for warning in found if warning is not None]


def _refuse(info: Mapping[str, Any]) -> None:
    version = str(info.get("redis_version", ""))
    if _numbers(version) and _numbers(version)[:2] < OLDEST_SERVER:
        oldest = ".".join(map(str, OLDEST_SERVER))
        raise UnsuitableServerError(f"Redis {version} is too old: Linnet needs {oldest} or newer, or Valkey.")
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction" and int(info.get("maxmemory", 0)) > 0:
        raise UnsuitableServerError(
            f"Redis evicts keys, including acknowledged audio, when its memory is full (maxmemory-policy {policy}): "
            "set maxmemory-policy noeviction."
        )


def _evicts_later(info: Mapping[str, Any]) -> str | None:
    policy = info.get("maxmemory_policy", "noeviction")
    if policy == "noeviction":
        return None
    return (
        f"If maxmemory is ever set, Redis will evict keys, including acknowledged audio (maxmemory-policy {policy}): "
        "set maxmemory-policy noeviction."
    )


def _holes(info: Mapping[str, Any]) -> str | None:
    name = "Valkey" if "valkey_version" in info else "Redis"
    version = str(info.get("valkey_version") or info.get("redis_version") or "")
    numbers = _numbers(version)
    if len(numbers) < 3:
        return None
    line, patch, lines = (numbers[0], numbers[1]), numbers[2], MENDED[name]
    if line > max(lines) or patch >= lines.get(line, patch + 1):
        return None
    if line not in lines:
        advice = "this release line gets no security fixes any more: update to a newer one"
    else:
        advice = f"it has known security holes: update to {line[0]}.{line[1]}.{lines[line]} or newer"
    return f"{name} {version}: {advice}, unless your distribution has fixed it under this number."


def _forgets(info: Mapping[str, Any]) -> str | None:
    if info.get("aof_last_write_status", "ok") != "ok":
        return "Redis cannot write its append-only file, so audio sent now is lost when it restarts: see its log."
    if info.get("aof_enabled", 1) or int(info.get("connected_slaves", 0)) > 0:
        return None
    return (
        "Redis writes no append-only file and has no replica: what was acknowledged is lost when it restarts. "
        "Set appendonly yes (docs/guide/operations.md)."
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])

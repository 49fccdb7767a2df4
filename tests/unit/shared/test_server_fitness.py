"""What INFO says about a server, and what follows from it."""

import re
from pathlib import Path
from typing import Any

import pytest

from shared.store.server_fitness import UnsuitableServerError, judge

FIT: dict[str, Any] = {
    "redis_version": "7.2.4",
    "server_name": "valkey",
    "valkey_version": "9.1.2",
    "maxmemory": 1_000_000,
    "maxmemory_policy": "noeviction",
    "aof_enabled": 1,
    "aof_last_write_status": "ok",
    "connected_slaves": 0,
}


def redis(version: str) -> dict[str, Any]:
    return {**{name: value for name, value in FIT.items() if name != "valkey_version"}, "redis_version": version}


@pytest.mark.parametrize(
    "info",
    [
        FIT,
        {**FIT, "valkey_version": "8.1.6"},
        {**FIT, "valkey_version": "10.0.0"},
        redis("8.2.2"),
        redis("6.2.21"),
        redis("8.8.0"),
        {},
        {"redis_version": "unknown"},
        {**FIT, "aof_enabled": 0, "connected_slaves": 1},
    ],
)
def test_a_fit_server_needs_no_warning(info: dict[str, Any]) -> None:
    assert judge(info) == []


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({**FIT, "valkey_version": "8.1.3"}, "Valkey 8.1.3: it has known security holes: update to 8.1.6"),
        ({**FIT, "valkey_version": "9.0.2"}, "9.0.3"),
        (redis("7.2.10"), "Redis 7.2.10: it has known security holes: update to 7.2.11"),
        (redis("7.0.15"), "gets no security fixes any more"),
        ({**FIT, "maxmemory": 0, "maxmemory_policy": "volatile-lru"}, "maxmemory-policy volatile-lru"),
        ({**FIT, "aof_enabled": 0}, "Set appendonly yes"),
        ({**FIT, "aof_last_write_status": "err"}, "cannot write its append-only file"),
    ],
)
def test_a_doubtful_server_is_warned_of(info: dict[str, Any], words: str) -> None:
    [warning] = judge(info)
    assert words in warning


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-lru", "allkeys-random", "volatile-ttl", "volatile-lfu"])
def test_a_server_that_evicts_is_refused(policy: str) -> None:
    with pytest.raises(UnsuitableServerError, match="set maxmemory-policy noeviction"):
        judge({**FIT, "maxmemory_policy": policy})


def test_an_old_server_is_refused() -> None:
    with pytest.raises(UnsuitableServerError, match="is too old"):
        judge(redis("6.0.16"))


def test_a_server_that_shall_keep_nothing_is_not_warned_of() -> None:
    assert judge({**FIT, "aof_enabled": 0}, durable=False) == []


def test_the_server_of_compose_is_named_exactly_and_fit() -> None:
    compose = (Path(__file__).parents[3] / "compose.yml").read_text()
    [version] = re.findall(r"image: valkey/valkey:(\d+\.\d+\.\d+)-alpine", compose)
    assert judge({**FIT, "valkey_version": version}) == []

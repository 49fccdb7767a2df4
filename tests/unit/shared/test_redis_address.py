"""The forms of LINNET_REDIS_URL, and the error sentences for invalid ones."""

import pytest

from shared.redis_address import RedisAddress, parse_address
from shared.settings import SettingsError, read_settings


def test_one_server() -> None:
    assert parse_address("redis://u:p%40ss@host:7000/2") == RedisAddress(
        "server", (("host", 7000),), {"username": "u", "password": "p@ss", "db": 2}
    )
    assert parse_address("redis://host").hosts == (("host", 6379),)
    tls = parse_address("rediss://host?ssl_ca_certs=/ca.pem")
    assert tls.tls
    assert tls.options == {"ssl_ca_certs": "/ca.pem", "ssl_check_hostname": True}
    assert parse_address("unix:///run/redis.sock?db=1") == RedisAddress(
        "server", (), {"path": "/run/redis.sock", "db": 1}
    )


def test_sentinels() -> None:
    address = parse_address("redis+sentinel://u:pw@a:1,b,[::1]:3/main/4?sentinel_password=s")
    assert address.kind == "sentinel"
    assert address.hosts == (("a", 1), ("b", 26379), ("::1", 3))
    assert address.service == "main"
    assert address.options == {"username": "u", "password": "pw", "db": 4, "sentinel_password": "s"}
    assert parse_address("rediss+sentinel://a/main").tls


def test_a_cluster() -> None:
    address = parse_address("redis+cluster://:pw@a:1,b")
    assert (address.kind, address.hosts, address.options) == ("cluster", (("a", 1), ("b", 6379)), {"password": "pw"})


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://host", "forms"),
        ("host:6379", "forms"),
        ("redis+ring://host", "forms"),
        ("unix+cluster:///x", "forms"),
        ("redis+sentinel://:secret@a:1", "service"),
        ("redis+cluster://:secret@a:1/3", "databases"),
        ("redis+cluster://:secret@", "no host"),
        ("redis+cluster://:secret@a:many", "a:many"),
        ("redis://host?socket_timeout=secret", "socket_timeout"),
    ],
)
def test_what_cannot_be_is_said_without_the_password(monkeypatch: pytest.MonkeyPatch, url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_address(url)
    monkeypatch.setenv("LINNET_REDIS_URL", url)
    with pytest.raises(SettingsError) as error:
        read_settings()
    assert str(error.value).startswith("LINNET_REDIS_URL")
    assert "secret" not in str(error.value)


def test_what_is_shown_holds_no_credentials() -> None:
    assert parse_address("redis+sentinel://u:secret@a:1,b:2/main").shown == "a:1,b:2/main"
    assert parse_address("redis://u:secret@a:1/0").shown == "a:1"
    assert parse_address("unix:///run/redis.sock").shown == "/run/redis.sock"


def test_a_cluster_needs_another_server_for_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINNET_REDIS_URL", "redis+cluster://:secret@a:1")
    with pytest.raises(SettingsError) as error:
        read_settings()
    assert "LINNET_QUEUE_URL must name" in str(error.value)
    assert "secret" not in str(error.value)
    monkeypatch.setenv("LINNET_QUEUE_URL", "redis://a:2")
    assert read_settings().arq_url == "redis://a:2"
    monkeypatch.setenv("LINNET_QUEUE_URL", "redis+cluster://a:2")
    with pytest.raises(SettingsError, match="LINNET_QUEUE_URL"):
        read_settings()

"""Access rules: API keys, trusted proxies, limits, and settings that would let strangers in."""

import logging
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from gateway.__main__ import main
from gateway.edge.api_keys import ApiKeys, check_file, hash_of, make, new_key
from gateway.edge.client import UNKNOWN, Networks, client_at
from gateway.edge.limits import Concurrency, LimitExceededError, Limits, Rate
from gateway.edge.proxies import TrustedProxies
from shared.settings import Settings, SettingsError, read_settings


def settings(**changes: object) -> Settings:
    return Settings(_env_file=None, **changes)  # type: ignore[arg-type]


# API keys


def test_keys_are_long_differ_and_are_known_by_their_hash_only() -> None:
    first, second = new_key(), new_key()
    keys = ApiKeys([f"clinic:{hash_of(first)}", f"school:{hash_of(second).upper()}"], None)
    assert first != second
    assert len(first) >= len("linnet_") + 43  # 256 bits in base64
    assert (keys.name_of(first), keys.name_of(second)) == ("clinic", "school")
    assert [keys.name_of(wrong) for wrong in ("", first[:-1], f"{first} ", hash_of(first), "ключ")] == [None] * 5


def test_without_any_key_none_is_required() -> None:
    assert not ApiKeys([], None).required


def test_a_file_counts_as_it_is_at_the_moment_of_asking(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    keys = ApiKeys([], file)
    assert keys.required
    assert keys.name_of("secret") is None  # no file yet
    file.write_text("")
    assert keys.required
    assert keys.name_of("secret") is None
    file.write_text(f"# the clinic's\n\n clinic:{hash_of('secret')}\nschool:{hash_of('other')}\n")
    assert keys.name_of("secret") == "clinic"
    file.write_text(f"school:{hash_of('other')}\n")
    assert keys.name_of("secret") is None
    assert keys.name_of("other") == "school"
    file.unlink()
    assert keys.name_of("other") is None


def test_a_broken_line_is_no_key_and_is_not_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "keys"
    file.write_text(f"clinic linnet_pasted_by_mistake\nclinic:{hash_of('secret')}\n")
    with caplog.at_level(logging.INFO):
        assert ApiKeys([], file).name_of("secret") == "clinic"
    assert "line 1" in caplog.text
    assert "pasted" not in caplog.text


def test_the_command_prints_a_key_that_its_line_makes_valid(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["api-key", "clinic"]) == 0
    key, line = (row.split()[1] for row in capsys.readouterr().out.splitlines()[:2])
    assert ApiKeys([line], None).name_of(key) == "clinic"
    assert ApiKeys(settings(api_keys=f"{line}, x:{'0' * 64}").api_keys, None).name_of(key) == "clinic"


@pytest.mark.parametrize("name", ["", "a:b", "a b", "é", "x" * 65])
def test_a_name_that_would_not_fit_the_line_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="letters"):
        make(name)
    assert main(["api-key", name]) == 2


def test_another_command_is_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apikey", "x"]) == main(["api-key"]) == 2
    assert "usage" in capsys.readouterr().err


def test_a_file_of_keys_that_is_not_there_is_said_at_the_start(tmp_path: Path) -> None:
    check_file(settings())
    with pytest.raises(SettingsError, match="LINNET_API_KEYS_FILE"):
        check_file(settings(api_keys_file=tmp_path / "none"))


# Settings


@pytest.mark.parametrize(
    ("variable", "value", "word"),
    [
        ("LINNET_ALLOWED_ORIGINS", "*", "every page"),
        ("LINNET_ALLOWED_ORIGINS", "https://a.example,*", "every page"),
        ("LINNET_ALLOWED_ORIGINS", "a.example", "is not an origin"),
        ("LINNET_ALLOWED_ORIGINS", "null", "is not an origin"),
        ("LINNET_ALLOWED_ORIGINS", "https://a.example/page", "is not an origin"),
        ("LINNET_ALLOWED_ORIGINS", "https://user@a.example", "is not an origin"),
        ("LINNET_API_KEYS", "linnet_the_key_itself", "NAME:HASH"),
        ("LINNET_TRUSTED_PROXIES", "proxy.example", "192.0.2.1"),
        ("LINNET_TRUSTED_PROXIES", "10.0.0.1/8", "host bits"),
        ("LINNET_UNLIMITED_CLIENTS", "*", "192.0.2.1"),
        ("LINNET_STARTS_PER_MINUTE", "-1", "greater"),
    ],
)
def test_a_setting_that_would_open_the_door_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, word: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable) as refused:
        read_settings()
    assert word in str(refused.value)
    assert "the_key_itself" not in str(refused.value)


def test_origins_are_compared_as_browsers_write_them() -> None:
    listed = settings(allowed_origins="HTTPS://A.Example:443/, http://b.example:80, https://c.example:8443")
    assert listed.allowed_origins == ["https://a.example", "http://b.example", "https://c.example:8443"]


def test_a_worker_may_be_another_user() -> None:
    both = settings(redis_url="redis://gateway:a@host/0", worker_redis_url="redis://worker:b@host/0")
    assert both.data_url == "redis://gateway:a@host/0"
    assert both.for_worker().data_url == both.for_worker().arq_url == "redis://worker:b@host/0"
    assert settings(redis_url="redis://host/0").for_worker().data_url == "redis://host/0"


# Who a client is


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::1", "::1"),
        ("2001:db8:0:7:1:2:3:4", "2001:db8:0:7::/64"),
        ("2001:db8:0:7:ffff::", "2001:db8:0:7::/64"),
        ("a name", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_client_is_an_address_or_an_ipv6_network(host: str, client: str) -> None:
    assert client_at(host) == client


def test_networks_hold_what_lies_in_them() -> None:
    networks = Networks(["127.0.0.0/8", "::1", "2001:db8::/32"])
    assert [networks.hold(client) for client in ("127.9.9.9", "::1", "2001:db8:1::/64")] == [True] * 3
    assert [networks.hold(client) for client in ("128.0.0.1", "2001:db9::/64", UNKNOWN)] == [False] * 3


async def seen(trusted: list[str], peer: str, **forwarded: str) -> tuple[str, dict[bytes, bytes]]:
    """The client and the headers that the application sees."""
    found: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope)

    headers = [(f"x-forwarded-{name}".encode(), value.encode()) for name, value in forwarded.items()]
    scope = {"type": "http", "scheme": "http", "client": (peer, 1), "headers": [(b"host", b"x"), *headers]}
    await TrustedProxies(app, trusted)(scope, None, None)  # type: ignore[arg-type]  # neither is used
    return found[0]["client"][0], dict(found[0]["headers"])


async def test_only_a_trusted_proxy_speaks_for_others() -> None:
    client, headers = await seen(["10.0.0.0/8"], "10.0.0.9", **{"for": "198.51.100.7", "host": "linnet.example"})
    assert client == "198.51.100.7"
    assert headers[b"x-forwarded-host"] == b"linnet.example"
    client, headers = await seen(["10.0.0.0/8"], "198.51.100.7", **{"for": "10.0.0.9", "host": "linnet.example"})
    assert client == "198.51.100.7"
    assert headers == {b"host": b"x"}


async def test_what_a_client_itself_claims_to_forward_counts_for_nothing() -> None:
    """Each proxy appends whom it sees; the first from the right that is no proxy of ours is the client."""
    client, _ = await seen(["10.0.0.0/8"], "10.0.0.9", **{"for": "203.0.113.1, 198.51.100.7, 10.0.0.8"})
    assert client == "198.51.100.7"


# Limits


async def test_a_rate_refuses_what_is_too_much_and_says_when_to_come_back() -> None:
    rate = Rate(3, 60, "Too much.")
    for _ in range(3):
        await rate.take("a")
    with pytest.raises(LimitExceededError, match="Too much") as refused:
        await rate.take("a")
    assert refused.value.retry_after == 20  # a third of the minute frees one
    await rate.take("b")


async def test_a_rate_remembers_so_many_clients_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.edge.limits._MOST_KEYS", 2)
    rate = Rate(1, 60, "Too much.")
    for key in "abc":
        await rate.take(key)
    await rate.take("a")  # forgotten when c came
    with pytest.raises(LimitExceededError):
        await rate.take("c")


async def test_0_is_no_limit() -> None:
    rate = Rate(0, 60, "")
    for _ in range(1000):
        await rate.take("a")
    with Concurrency(0, "").held("a"), Concurrency(0, "").held("a"):
        pass
    assert Limits(settings(frames_per_second=0)).frames() is None


def test_concurrency_counts_who_is_there_and_forgets_who_left() -> None:
    concurrency = Concurrency(2, "Too many.")
    with concurrency.held("a"):
        with concurrency.held("a"), pytest.raises(LimitExceededError, match="Too many"), concurrency.held("a"):
            pass
        with concurrency.held("a"), concurrency.held("b"):
            pass


async def test_limits_per_client_spare_those_that_the_settings_name() -> None:
    limits = Limits(settings(starts_per_minute=1, requests_per_minute=1, sockets_per_client=1, streams_per_client=1))
    for _ in range(3):
        await limits.start("127.0.0.1")
        await limits.request("::1")
    with limits.socket("127.0.0.1"), limits.socket("127.0.0.1"), limits.stream("::1", "s"), limits.stream("::1", "s"):
        pass
    await limits.start("192.0.2.1")
    with pytest.raises(LimitExceededError, match="sessions"):
        await limits.start("192.0.2.1")


def test_a_session_has_a_limit_of_its_own_whoever_listens() -> None:
    limits = Limits(settings(streams_per_session=1))
    with limits.stream("127.0.0.1", "s"), limits.stream("127.0.0.1", "t"):
        second = limits.stream("192.0.2.1", "s")
        with pytest.raises(LimitExceededError, match="for this session"):
            second.__enter__()


async def test_an_audio_socket_has_a_pace() -> None:
    pace = Limits(settings(frames_per_second=2)).frames()
    assert pace is not None
    await pace.acquire()
    assert pace.has_capacity()
    await pace.acquire()
    assert not pace.has_capacity()

"""The users of manage.sh's and of compose's server, made by the commands that make them there."""

import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis

from ops.redis_users import USERS, main, set_up_embedded
from shared.settings import Settings
from testkit.redis_server import free_port, server_binary


@contextmanager
def server(acl: Path, port: int, folder: Path) -> Iterator[None]:
    """A server with these users, as compose.yml and ops/stack/supervisord.conf start one."""
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--aclfile", str(acl)]
    process = subprocess.Popen([str(server_binary()), *options], stdout=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < give_up:
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.02)
        with (
            redis.Redis(port=port) as anybody,
            pytest.raises((redis.AuthenticationError, redis.exceptions.NoPermissionError)),
        ):
            anybody.get("linnet:x")
        yield
    finally:
        process.terminate()
        process.wait(20)


def user_at(file: Path) -> str:
    with redis.Redis.from_url(file.read_text().strip(), lib_name=None, lib_version=None) as client:
        client.ping()
        return file.read_text().split("/")[2].partition(":")[0]


def test_compose_gives_each_its_own_user_and_keeps_the_passwords(tmp_path: Path) -> None:
    port, folder = free_port(), tmp_path / "linnet"
    set_up = ["--into", str(folder), f"127.0.0.1:{port}"]
    assert main(set_up) == 0, "the server is not there yet"
    urls = {user: folder / user / "LINNET_REDIS_URL" for user in USERS}
    before = {user: url.read_text() for user, url in urls.items()}
    acl = folder / "acl" / "users.acl"
    with server(acl, port, tmp_path):
        assert {user: user_at(url) for user, url in urls.items()} == {user: user for user in USERS}
        with redis.Redis(port=port) as anybody:
            assert anybody.ping(), "for the health check"
            channels = anybody.pubsub()
            channels.psubscribe("linnet:tone:*")
            with pytest.raises(redis.exceptions.NoPermissionError):
                channels.get_message(timeout=60)
        # A later release, with other rights: the running server learns them, and nobody has to log in anew.
        acl.write_text(acl.read_text().replace("+xrevrange", "").replace("user worker on", "user worker off"))
        with redis.Redis.from_url((folder / "keeper" / "LINNET_REDIS_URL").read_text().strip()) as keeper:
            keeper.execute_command("ACL", "LOAD")
            with pytest.raises(redis.exceptions.NoPermissionError):
                keeper.execute_command("ACL", "LIST")
        with pytest.raises(redis.AuthenticationError):
            user_at(urls["worker"])
        assert main(set_up) == 0
        assert user_at(urls["worker"]) == "worker"
    assert {user: url.read_text() for user, url in urls.items()} == before
    for user, url in urls.items():
        assert stat.S_IMODE(url.stat().st_mode) == 0o600
        assert before[user].split(":")[2].partition("@")[0] not in acl.read_text()


@pytest.mark.parametrize("opened", [False, True])
def test_who_gives_no_password_to_the_embedded_server_reads_only_where_that_is_wished(
    tmp_path: Path, opened: bool
) -> None:
    port = free_port()
    settings = Settings(_env_file=None, redis_port=port, redis_open_to_readers=opened)
    set_up_embedded(tmp_path, settings)
    with server(tmp_path / "redis" / "users.acl", port, tmp_path), redis.Redis(port=port) as anybody:
        channels = anybody.pubsub()
        if opened:
            channels.psubscribe("linnet:tone:*")
            assert channels.get_message(timeout=60)
        else:
            with pytest.raises(redis.AuthenticationError):
                channels.psubscribe("linnet:tone:*")
        for user in USERS:
            assert user_at(tmp_path / "run" / "secrets" / user / "LINNET_REDIS_URL") == user

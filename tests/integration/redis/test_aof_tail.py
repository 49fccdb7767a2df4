"""The real server starts again after a power cut has damaged its append-only file's end, with all the rest intact."""

from collections.abc import Callable

import pytest
import redis as blocking_redis

from ops.aof_tail import last_file, mend
from testkit.redis_server import RedisServer

_BOTH = "redis.call('SET', 'first', 'x') redis.call('SET', 'second', 'y')"
"""Goes into the file as one transaction."""


@pytest.mark.parametrize(
    ("damage", "words", "starts_by_itself"),
    [
        (lambda file: file + bytes(300), "zero bytes", False),
        (lambda file: file + b"\xb7 what another file held here before", "bytes that are not a command", False),
        (lambda file: file[:-30] + bytes(4096), "an unfinished transaction and bytes that are not a command", False),
        (lambda file: file[: file.rindex(b"SET")], "an unfinished transaction and a command that was cut off", True),
        (lambda file: file[: file.rindex(b"*1\r\n$4\r\nEXEC")], "an unfinished transaction", True),
    ],
    ids=["zeros", "garbage", "torn", "cut-record", "cut-transaction"],
)
def test_a_damaged_end_is_cut_off(damage: Callable[[bytes], bytes], words: str, starts_by_itself: bool) -> None:
    with RedisServer(appendonly=True) as server:
        with blocking_redis.Redis(port=server.port) as client:
            client.set("before", "kept")
            client.eval(_BOTH, 0)
        server.kill()
        file = last_file(server.directory)
        assert file is not None
        file.write_bytes(damage(file.read_bytes()))
        if not starts_by_itself:
            with pytest.raises(blocking_redis.ConnectionError):
                server.start()
            server.kill()
        said = mend(server.directory)
        assert said is not None
        assert f"({words}" in said
        server.start()
        with blocking_redis.Redis(port=server.port) as client:
            assert client.get("before") == b"kept"
            assert {client.get("first"), client.get("second")} in ({b"x", b"y"}, {None})
            client.set("after", "written")
        server.kill()
        assert mend(server.directory) is None, "what the server appends since is whole"
        server.start()
        with blocking_redis.Redis(port=server.port) as client:
            assert client.get("after") == b"written"

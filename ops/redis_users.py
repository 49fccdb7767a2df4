"""Redis users with least privilege: one for gateways, one for workers, one for those who only read events.

`python -m ops.redis_users FILE` writes an ACL file with new passwords and prints the URLs; ops/redis-users.acl is the
same without passwords: nobody can log in until they are set. Rights are by key and command, which takes Redis 7 or
newer, or Valkey. What gateways or workers begin to use needs its word here; then `python -m ops.redis_users` prints the
file.
"""

import hashlib
import os
import secrets
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared import keys
from shared.settings import read_settings

ANY: Final[Any] = "*"

_LINK: Final = (
    "ping auth hello quit reset select echo client|setname client|setinfo client|id command "
    "cluster|slots cluster|shards cluster|nodes cluster|myid readonly readwrite asking"
)
"""What a client library needs to connect, to a cluster too. None of it reads or writes a key."""
_SERVER: Final = "multi exec discard unwatch time info role wait"
"""What gateways and workers ask of the server itself."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Commands, and the keys and channels that they may be used on."""

    commands: str
    on_keys: tuple[str, ...] = ()
    on_channels: tuple[str, ...] = ()

    def rule(self) -> str:
        words = [*(f"~{key}" for key in self.on_keys), *(f"&{channel}" for channel in self.on_channels)]
        return " ".join([*words, *(f"+{command}" for command in self.commands.split())])


_SCRIPTS: Final = Grant("eval evalsha", ("linnet:*",))
"""Scripts may be called with any key of Linnet's: what they then do is judged command by command, as if sent alone."""
_EXISTS: Final = Grant("exists", ("linnet:{p*}:*",))
"""Of any keys of a partition in one call, which has to be allowed by one grant."""
_LIFE: Final = "exists expire pexpire ttl pttl persist del"

_SESSION: Final = keys.session(ANY, ANY)
_EVENTS: Final = keys.events(ANY, ANY)
_CORRECTIONS: Final = keys.corrections(ANY, ANY)
_CHECKPOINT: Final = keys.checkpoint(ANY, ANY)
_READ_ONLY_LINK: Final = keys.link(ANY, ANY)

GATEWAY: Final = (
    Grant(_SERVER),
    _SCRIPTS,
    _EXISTS,
    Grant(f"@hash {_LIFE}", (_SESSION,)),
    Grant(f"xrange xrevrange xread xlen xinfo|stream {_LIFE}", (_EVENTS,)),
    Grant(f"lrange llen rpush lrem {_LIFE}", (_CORRECTIONS,)),
    Grant(f"lrange llen rpush lrem ltrim {_LIFE}", (keys.voice_profile(ANY),)),
    Grant(_LIFE, (_CHECKPOINT,)),
    Grant(f"get set {_LIFE}", (_READ_ONLY_LINK,)),
    Grant("exists set", (keys.tombstone(ANY, ANY),)),
    Grant(f"@stream unlink rename {_LIFE}", (keys.pcm(ANY), keys.pcm_anew(ANY))),
    Grant(f"hget hset hsetnx hdel hexists hkeys hgetall unlink {_LIFE}", (keys.erasing(ANY),)),
    Grant("@sortedset expire", (keys.presence(ANY), keys.PARTITIONS, keys.REWRITES, keys.VOICE_PROFILES)),
    Grant("expire", (keys.cursor(ANY),)),
    Grant("zcount zcard zrange zrangebyscore", (keys.WORKERS,)),
    Grant("get", (keys.MODEL,)),
    Grant("hgetall", (keys.LOADS, keys.TROUBLES)),
    Grant("@hash expire", (keys.STARTS, keys.pcm_flow(ANY))),
    Grant(
        "publish",
        (),
        (keys.SESSIONS_CHANNEL, keys.status_channel(ANY), keys.stored_channel(ANY), keys.socket_channel(ANY)),
    ),
    Grant(
        "subscribe unsubscribe",
        (),
        (keys.SESSIONS_CHANNEL, keys.status_channel(ANY), keys.stored_channel(ANY), keys.socket_channel(ANY)),
    ),
)

WORKER: Final = (
    Grant(_SERVER),
    Grant("dbsize bgrewriteaof"),
    _SCRIPTS,
    _EXISTS,
    Grant(f"@hash {_LIFE}", (keys.lease(ANY),)),
    Grant("get set expire del", (keys.epoch(ANY), keys.cursor(ANY), keys.handed_over(ANY), keys.hearing(ANY))),
    Grant("hincrby", (keys.TROUBLES,)),
    Grant(f"@stream unlink rename {_LIFE}", (keys.pcm(ANY), keys.pcm_anew(ANY))),
    Grant(f"hget hset hsetnx hdel hexists hkeys hgetall unlink {_LIFE}", (keys.erasing(ANY),)),
    Grant("zrange zrangebyscore zcard zrem zremrangebyscore expire", (keys.presence(ANY),)),
    Grant("@hash exists expire pttl persist", (_SESSION,)),
    Grant("xadd xrange xrevrange xlen xtrim exists expire pttl persist", (_EVENTS,)),
    Grant("expire persist", (_CORRECTIONS, _READ_ONLY_LINK)),
    Grant("get set exists expire del", (_CHECKPOINT,)),
    Grant("@sortedset expire", (keys.WORKERS, keys.PARTITIONS, keys.REWRITES)),
    Grant("set", (keys.MODEL,)),
    Grant("@hash expire", (keys.LOADS, keys.pcm_flow(ANY))),
    Grant(
        "publish",
        (),
        (keys.SESSIONS_CHANNEL, keys.tone_channel(ANY), keys.status_channel(ANY), keys.stored_channel(ANY)),
    ),
    # arq: its queue, and the names that it gives to what belongs to a job.
    Grant(f"@sortedset get psetex {_LIFE}", (keys.QUEUE, f"{keys.QUEUE}:*")),
    Grant(
        f"@sortedset get set setex psetex incr incrby watch {_LIFE}",
        ("arq:job:*", "arq:in-progress:*", "arq:retry:*", "arq:result:*", "arq:abort"),
    ),
)

SUBSCRIBER: Final = (
    Grant(
        "subscribe unsubscribe psubscribe punsubscribe",
        (),
        (keys.SESSIONS_CHANNEL, keys.tone_channel(ANY), keys.status_channel(ANY)),
    ),
    Grant("xread xrange xrevrange xlen", (_EVENTS,)),
)

USERS: Final = {"gateway": GATEWAY, "worker": WORKER, "subscriber": SUBSCRIBER}
_NOBODY: Final = "user default off resetchannels -@all"


def new_passwords() -> dict[str, str]:
    """User → 256 random bits, in letters that need no quoting anywhere."""
    return {name: secrets.token_hex(32) for name in USERS}


def acl_file(passwords: Mapping[str, str], default: str = _NOBODY) -> str:
    """The text of an ACL file: the three users, and whoever gives no name. A user without password cannot log in."""
    return "\n".join([default, *(_user(name, _login(passwords.get(name))) for name in USERS), ""])


def _login(password: str | None) -> str:
    # A hash only, so that reading the file is not enough. Fast is enough: nobody guesses 256 random bits.
    return "resetpass" if password is None else f"resetpass #{hashlib.sha256(password.encode()).hexdigest()}"


def _user(name: str, login: str, rights: str | None = None) -> str:
    selectors = " ".join(f"({grant.rule()})" for grant in USERS[rights or name])
    return f"user {name} on {login} resetkeys resetchannels -@all {Grant(_LINK).rule()} {selectors}"


def url_of(user: str, password: str, host: str, port: int) -> str:
    return f"redis://{user}:{password}@{host}:{port}/0"


def embedded() -> dict[str, str]:
    """Writes the ACL file of manage.sh's own server, and returns what its gateways and workers need to log in.

    Whoever gives no name there, on loopback, may read events as the subscriber does, and nothing else.
    """
    settings = read_settings()
    passwords = new_passwords()
    file = Path(os.environ["LINNET_DATA_DIR"]) / "redis" / "users.acl"
    _write(file, acl_file(passwords, _user("default", "nopass", rights="subscriber")))
    urls = {name: url_of(name, password, "127.0.0.1", settings.redis_port) for name, password in passwords.items()}
    return {"LINNET_REDIS_URL": urls["gateway"], "LINNET_WORKER_REDIS_URL": urls["worker"]}


def _write(file: Path, text: str) -> None:
    """For its owner's eyes only, from the first byte on."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)


def main(arguments: list[str]) -> int:
    if arguments == ["--embedded"]:
        for name, value in embedded().items():
            print(f"export {name}={shlex.quote(value)}")
        return 0
    if not arguments:
        print(acl_file({}), end="")
        return 0
    if len(arguments) > 1:
        print("usage: python -m ops.redis_users [FILE]", file=sys.stderr)
        return 2
    passwords = new_passwords()
    _write(Path(arguments[0]), acl_file(passwords))
    print(f"{arguments[0]} is written; give it to the server: --aclfile {arguments[0]}")
    for user, setting in (("gateway", "LINNET_REDIS_URL="), ("worker", "LINNET_WORKER_REDIS_URL="), ("subscriber", "")):
        print(f"  {user:10} {setting}{url_of(user, passwords[user], 'HOST', 6379)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Redis users with least privilege: one for gateways, one for workers, one for reading events only.

`python -m ops.redis_users FILE` writes an ACL file with new passwords and prints the URLs; ops/redis-users.acl is the
same file without passwords: logins fail until they are set. `--embedded` and `--into FOLDER HOST:PORT` set up the users
of manage.sh's and of compose's server. Rights are by key and command, which needs Redis 7 or newer, or Valkey.
Add every command that gateways or workers begin to use here; then `python -m ops.redis_users` prints the file.
"""

import hashlib
import os
import secrets
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import redis

from shared import keys
from shared.settings import Settings, read_settings

ANY: Final[Any] = "*"

_LINK: Final = (
    "ping auth hello quit reset select echo client|setname client|setinfo client|id command "
    "cluster|slots cluster|shards cluster|nodes cluster|myid readonly readwrite asking"
)
"""Commands that a client library needs to connect, even to a cluster. None of them reads or writes a key."""
_SERVER: Final = "multi exec discard unwatch time info role wait"
"""Commands of gateways and workers that concern the server itself."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Commands, and the keys and channels on which they may be used."""

    commands: str
    on_keys: tuple[str, ...] = ()
    on_channels: tuple[str, ...] = ()

    def rule(self) -> str:
        words = [*(f"~{key}" for key in self.on_keys), *(f"&{channel}" for channel in self.on_channels)]
        return " ".join([*words, *(f"+{command}" for command in self.commands.split())])


_SCRIPTS: Final = Grant("eval evalsha", ("linnet:*",))
"""Scripts may be called with any of Linnet's keys: each of their commands is checked as if it were sent alone."""
_EXISTS: Final = Grant("exists", ("linnet:{p*}:*",))
"""For any of a partition's keys in one call, which one grant must cover."""
_LIFE: Final = "exists expire pexpire ttl pttl persist del"

_SESSION: Final = keys.session(ANY, ANY)
_EVENTS: Final = keys.events(ANY, ANY)
_CORRECTIONS: Final = keys.corrections(ANY, ANY)
_CHECKPOINT: Final = keys.checkpoint(ANY, ANY)
_READ_ONLY_LINK: Final = keys.link(ANY, ANY)
_PUBLIC_CHANNELS: Final = (
    keys.SESSIONS_CHANNEL,
    keys.tone_channel(ANY),
    keys.facts_channel(ANY),
    keys.words_channel(ANY),
    keys.status_channel(ANY),
)

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
    Grant("zadd zrem zcard", (keys.pinned(ANY),)),
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
        (
            keys.SESSIONS_CHANNEL,
            keys.status_channel(ANY),
            keys.words_channel(ANY),
            keys.stored_channel(ANY),
            keys.socket_channel(ANY),
        ),
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
        (*_PUBLIC_CHANNELS, keys.stored_channel(ANY)),
    ),
    # arq: its queue, and the keys of its jobs.
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
        _PUBLIC_CHANNELS,
    ),
    Grant("xread xrange xrevrange xlen", (_EVENTS,)),
)

USERS: Final = {"gateway": GATEWAY, "worker": WORKER, "subscriber": SUBSCRIBER}
_KEEPER: Final = "keeper"
"""The user with which compose's set-up makes a running server reload its ACL file. It may do nothing else."""
NOBODY: Final = "user default off resetchannels -@all"
_ONLY_PING: Final = "user default on nopass resetkeys resetchannels -@all +ping"
"""For health checks, which have no password."""
_URL_FILE: Final = "LINNET_REDIS_URL"
_ANSWER_SECONDS: Final = 5.0


def new_passwords() -> dict[str, str]:
    """Make a password for each user: 256 random bits, in letters that need no quoting anywhere."""
    return {name: secrets.token_hex(32) for name in USERS}


def acl_file(passwords: Mapping[str, str], default: str = NOBODY) -> str:
    """Return the text of an ACL file: the three users and the default user. A user without a password cannot
    log in."""
    return "\n".join([default, *(_user(name, _login(passwords.get(name))) for name in USERS), ""])


def _login(password: str | None) -> str:
    # Only a hash, so that reading the file is not enough. It may be fast: 256 random bits cannot be guessed.
    return "resetpass" if password is None else f"resetpass #{hashlib.sha256(password.encode()).hexdigest()}"


def _user(name: str, login: str, rights: str | None = None) -> str:
    selectors = " ".join(f"({grant.rule()})" for grant in USERS[rights or name])
    return f"user {name} on {login} resetkeys resetchannels -@all {Grant(_LINK).rule()} {selectors}"


def url_of(user: str, password: str, host: str, port: int) -> str:
    """Return the URL with which `user` logs in to a standalone server."""
    return f"redis://{user}:{password}@{host}:{port}/0"


def set_up_embedded(data_dir: Path, settings: Settings) -> None:
    """Write the ACL file of manage.sh's own server, and for each user a folder with its login URL.

    Every login needs a password, unless the settings open the server to readers.
    """
    passwords = new_passwords()
    default = _user("default", "nopass", rights="subscriber") if settings.redis_open_to_readers else NOBODY
    _write(data_dir / "redis" / "users.acl", acl_file(passwords, default))
    for user, password in passwords.items():
        url = url_of(user, password, "127.0.0.1", settings.redis_port)
        _write(data_dir / "run" / "secrets" / user / _URL_FILE, f"{url}\n")


def set_up_in(folder: Path, host: str, port: int) -> None:
    """Do the same for compose's server, and make it reload the file if it is already running.

    Passwords stay the same, because other containers may be logged in with them.
    """
    passwords = {user: _kept(folder / user / _URL_FILE) for user in (*USERS, _KEEPER)}
    for user, password in passwords.items():
        _write(folder / user / _URL_FILE, f"{url_of(user, password, host, port)}\n")
    keeper = f"user {_KEEPER} on {_login(passwords[_KEEPER])} resetkeys resetchannels -@all +acl|load"
    # The server runs as another user, which must read the file; it holds only hashes of the passwords.
    _write(folder / "acl" / "users.acl", f"{acl_file(passwords, _ONLY_PING)}{keeper}\n", mode=0o644)
    _make_read_again(host, port, passwords[_KEEPER])


def _make_read_again(host: str, port: int, password: str) -> None:
    server = redis.Redis(
        host=host,
        port=port,
        username=_KEEPER,
        password=password,
        socket_timeout=_ANSWER_SECONDS,
        lib_name=None,  # or it would send a command that the keeper may not use
        lib_version=None,
    )
    # A server that has not started yet will read the file when it starts.
    with server, suppress(redis.ConnectionError, redis.TimeoutError):
        server.acl_load()


def _kept(file: Path) -> str:
    """Return the password in a file with a URL, or a new one."""
    try:
        kept = urlsplit(file.read_text().strip()).password
    except FileNotFoundError:
        kept = None
    return kept or secrets.token_hex(32)


def _write(file: Path, text: str, mode: int = 0o600) -> None:
    """Write a file that is private from the first byte, completely or not at all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    draft.chmod(mode)
    draft.replace(file)


def main(arguments: list[str]) -> int:
    match arguments:
        case []:
            print(acl_file({}), end="")
        case ["--embedded"]:
            set_up_embedded(Path(os.environ["LINNET_DATA_DIR"]), read_settings())
        case ["--into", folder, address]:
            host, _, port = address.rpartition(":")
            set_up_in(Path(folder), host, int(port))
        case [file] if not file.startswith("-"):
            _write_for(Path(file))
        case _:
            print("usage: python -m ops.redis_users [FILE | --embedded | --into FOLDER HOST:PORT]", file=sys.stderr)
            return 2
    return 0


def _write_for(file: Path) -> None:
    """Write an ACL file with new passwords and print them once."""
    passwords = new_passwords()
    _write(file, acl_file(passwords))
    print(f"Wrote {file}; give it to the server: --aclfile {file}")
    for user, setting in (("gateway", "LINNET_REDIS_URL="), ("worker", "LINNET_WORKER_REDIS_URL="), ("subscriber", "")):
        print(f"  {user:10} {setting}{url_of(user, passwords[user], 'HOST', 6379)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The ACL file that comes with Linnet matches its rights, and allows no login by itself."""

import re
import stat
from pathlib import Path

import pytest

from ops.redis_users import USERS, acl_file, main, new_passwords
from shared.settings import Settings

FILE = Path(__file__).resolve().parents[3] / "ops" / "redis-users.acl"


def test_the_file_is_up_to_date() -> None:
    assert FILE.read_text() == acl_file({}), "python -m ops.redis_users > ops/redis-users.acl"


def test_without_passwords_nobody_can_log_in() -> None:
    lines = FILE.read_text().splitlines()
    assert lines[0] == "user default off resetchannels -@all"
    assert [line.split()[1] for line in lines[1:]] == list(USERS)
    assert not re.search(r"nopass|[ ][#>]", FILE.read_text())


def test_no_user_may_administer_the_server_or_look_for_keys() -> None:
    assert set(re.findall(r"[+]@[a-z]+", FILE.read_text())) == {"+@hash", "+@stream", "+@sortedset"}
    for word in ("+config", "+flush", "+keys", "+scan", "+debug", "+acl", "+module", "+shutdown", "+monitor"):
        assert word not in FILE.read_text()


def test_the_command_writes_hashes_and_prints_passwords_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "users.acl"
    assert main([str(file)]) == 0
    printed = capsys.readouterr().out
    passwords = re.findall(r"redis://\w+:([0-9a-f]{64})@", printed)
    assert len(set(passwords)) == len(USERS)
    assert not any(password in file.read_text() for password in passwords)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {"LINNET_REDIS_URL", "LINNET_WORKER_REDIS_URL"} == set(re.findall(r"LINNET_\w+(?==)", printed))
    assert main([str(file)]) == 0  # again, with others
    assert passwords[0] not in capsys.readouterr().out
    assert main(["a", "b"]) == 2


def test_passwords_need_no_quoting_in_a_url() -> None:
    password = new_passwords()["worker"]
    assert Settings(_env_file=None, redis_url=f"redis://worker:{password}@host/0").data_url.count(password) == 1

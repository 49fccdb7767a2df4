"""The end of the last whole command of an append-only file, whatever lies behind it."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.aof_tail import KEPT_SECONDS, UnfitError, main, mend, read_tail


def command(*words: str | bytes) -> bytes:
    parts = [word.encode() if isinstance(word, str) else word for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


WHOLE = (
    command("SELECT", "0")
    + b"#TS:1764455041\r\n"
    + command("XADD", "pcm", "1-1", "d", b"\x00\r\n*3\r\n$" * 30)
    + command("MULTI")
    + command("SET", "a", "1")
    + command("EXEC")
)
LATER = command("XADD", "linnet:{p1}:pcm", "2-1", "d", bytes(320))
OPEN = command("MULTI") + command("HSET", "record", "received", "3200") + command("XADD", "pcm", "2-1", "d", "x")


@pytest.mark.parametrize(
    ("behind", "words"),
    [
        (bytes(300), "zero bytes"),
        (b"\xffgarbage" * 9, "bytes that are not a command"),
        (b"*3\r\n$4\r\nXADD" + bytes(4096), "bytes that are not a command"),
        (LATER[:-2] + bytes(2), "bytes that are not a command"),
        (b"*", "a command that was cut off"),
        (LATER[:-1], "a command that was cut off: XADD"),
        (LATER[:60], "a command that was cut off: XADD"),
        (OPEN, "an unfinished transaction: HSET, XADD"),
        (command("MULTI"), "an unfinished transaction"),
        (OPEN + bytes(9), "an unfinished transaction and zero bytes: HSET, XADD"),
        (OPEN + LATER[:-4], "an unfinished transaction and a command that was cut off: HSET, XADD"),
    ],
)
def test_what_lies_behind_the_last_whole_command_is_told(behind: bytes, words: str) -> None:
    tail = read_tail(WHOLE + behind)
    assert (tail.kept, tail.lost) == (len(WHOLE), len(behind))
    assert tail.words == words


def test_a_whole_file_has_no_tail() -> None:
    assert read_tail(WHOLE).lost == 0
    assert read_tail(b"").lost == 0


@given(st.integers(0, len(WHOLE + LATER)), st.binary(max_size=40))
def test_wherever_it_is_cut_whole_commands_stay(at: int, behind: bytes) -> None:
    kept = read_tail((WHOLE + LATER)[:at] + behind).kept
    assert read_tail((WHOLE + LATER + behind)[:kept]).lost == 0
    assert kept <= at + len(behind)
    if at >= len(WHOLE):
        assert kept >= len(WHOLE)


def folder_with(tmp_path: Path, content: bytes) -> tuple[Path, Path]:
    parts = tmp_path / "appendonlydir"
    parts.mkdir()
    (parts / "appendonly.aof.manifest").write_text(
        "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n"
    )
    file = parts / "appendonly.aof.1.incr.aof"
    file.write_bytes(content)
    return tmp_path, file


def test_the_file_and_what_was_cut_off_are_the_file_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = folder_with(tmp_path, WHOLE + bytes(300))
    assert main([str(folder)]) == 0
    said = capsys.readouterr().out
    [copy] = (folder / "damaged").iterdir()
    assert "300 bytes (zero bytes)" in said
    assert str(copy) in said
    assert file.read_bytes() + copy.read_bytes() == WHOLE + bytes(300)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert (folder / "damaged").stat().st_mode & 0o777 == 0o700
    assert main([str(folder)]) == 0
    assert capsys.readouterr().out == ""


def test_what_no_power_cut_explains_is_left_alone(tmp_path: Path) -> None:
    folder, file = folder_with(tmp_path, WHOLE + bytes(300))
    with pytest.raises(UnfitError, match="--all"):
        mend(folder, most=299)
    assert file.read_bytes() == WHOLE + bytes(300)


def test_where_there_is_no_file_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert mend(tmp_path) is None
    folder, file = folder_with(tmp_path, b"")
    assert mend(folder) is None
    file.unlink()
    assert mend(folder) is None


def test_copies_go_after_a_day(tmp_path: Path) -> None:
    folder, _ = folder_with(tmp_path, WHOLE + b"?")
    mend(folder)
    [copy] = (folder / "damaged").iterdir()
    mend(folder)
    assert copy.exists()
    long_ago = time.time() - KEPT_SECONDS - 1
    os.utime(copy, (long_ago, long_ago))
    mend(folder)
    assert not copy.exists()

"""The linter of the Lua scripts finds what Redis would find only when the line runs."""

from pathlib import Path

import pytest

from testkit.lint_lua import Linter, lint, scripts

FAULTS = {
    "a global": ("total = 1\nreturn total", "total is not local"),
    "a global in a function": ("local function f() n = 1 end\nreturn f()", "n is not local"),
    "a global function": ("function f() return 1 end\nreturn f()", "not local"),
    "a misspelt name": ("local total = 1\nreturn totl + total", "totl is not defined"),
    "a misspelt argument": ("return ARVG[1]", "ARVG is not defined"),
    "a name outside its block": ("if KEYS[1] then local a = 1 redis.call('SET', a) end\nreturn a", "a is not defined"),
    "a local that nothing uses": ("local key, value = unpack(KEYS)\nreturn key", "nothing uses value"),
    "an assignment instead of a use": ("local n = 1\nn = 2\nreturn 3", "nothing uses n"),
    "no Lua": ("local a = = 1", "syntax"),
    "newer Lua": ("return 7 // 2", "Lua 5.1 does not know //"),
    "what Redis does not give": ("return os.time()", "os is not defined"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name: str) -> None:
    source, sentence = FAULTS[name]
    found = Linter(source).faults
    assert any(sentence in fault for fault in found), found


def test_what_is_right_has_no_faults() -> None:
    source = """
local record, events = unpack(KEYS)
local counts = {key = 1, ['other'] = #events}
local function of(name) return counts[name] or counts.key end
for _, name in ipairs({'a', record}) do counts[name] = of(name) end
repeat local page = redis.call('XRANGE', events, '-', '+') until #page < 20
for i = 1, 2 do counts.key = counts.key + i end
return counts.key
"""
    assert Linter(source).faults == []


def test_arguments_must_be_explained(tmp_path: Path) -> None:
    script = tmp_path / "script.lua"
    script.write_text("-- KEYS record\nreturn redis.call('GET', KEYS[1], ARGV[1])\n")
    assert lint(script) == ["no comment says what ARGV are"]


def test_it_reads_every_script() -> None:
    assert len(list(scripts())) > 25

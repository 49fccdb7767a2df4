"""Licence keys: any behind the prefix, or signed ones, where the deployment has a public key."""

import stat
from pathlib import Path

import pytest

from gateway.__main__ import main
from gateway.edge.licence import Licences, make
from shared.settings import SettingsError, read_settings


def issued(name: str, signing_key: Path) -> tuple[str, str]:
    """A signed key, and the public key."""
    key, told = make(name, signing_key).splitlines()
    return key, told.partition("LINNET_LICENSE_PUBLIC_KEY=")[2].partition(";")[0]


@pytest.mark.parametrize("key", ["CFG-LNNT-x", "  cfg-lnnt-anything at all "])
def test_without_a_public_key_the_prefix_is_enough(key: str) -> None:
    assert Licences(None).allow(key, None)


@pytest.mark.parametrize("key", [None, "", "CFG-LNNT-", "CFG-OTHR-1", "xCFG-LNNT-1"])
def test_the_prefix_is_needed(key: str | None) -> None:
    assert not Licences(None).allow(key, None)


def test_with_one_only_what_was_signed_counts_whatever_its_case(tmp_path: Path) -> None:
    key, public_key = issued("clinic-1", tmp_path / "signing.pem")
    licences = Licences(public_key)
    assert licences.allow(f" {key.lower()} ", None)
    assert licences.allow(None, key)
    text, _, signature = key.rpartition("-")
    forged = [
        text,
        f"{text}-",
        f"{text}2-{signature}",
        f"{text}-{signature[:-8]}",
        f"CFG-LNNT-{signature}",
        "CFG-LNNT-x",
    ]
    forged += [f"{text}-{'A' * len(signature)}", f"{text}-{signature}é", f"{text}-1", "CFG-LNNT-" + "=" * 300]
    assert [wrong for wrong in forged if licences.allow(wrong, None)] == []
    stranger, _ = issued("clinic-1", tmp_path / "another.pem")
    assert not licences.allow(stranger, None)
    assert not licences.allow("CFG-LNNT-x", key), "what is sent is not outvoted by the server"


def test_a_signing_key_is_made_once_for_its_owner_and_signs_all(tmp_path: Path) -> None:
    file = tmp_path / "signing.pem"
    first, public_key = issued("a", file)
    second, same = issued("b", file)
    assert same == public_key
    assert Licences(public_key).allow(first, None) and Licences(public_key).allow(second, None)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_cannot_be_signed_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text").write_text("no key")
    for name, file in (("a b", "new"), ("a", "text"), ("a", "no/such/folder"), ("a", ".")):
        assert main(["license-key", name, str(tmp_path / file)]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert main(["license-key"]) == 2


@pytest.mark.parametrize("value", ["x", "CFG-LNNT-1", "A" * 44, "é"])
def test_a_public_key_that_is_none_is_named(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINNET_LICENSE_PUBLIC_KEY", value)
    with pytest.raises(SettingsError, match=r"LINNET_LICENSE_PUBLIC_KEY.*license-key"):
        read_settings()

"""A gateway raises its limit of open files as far as allowed, and warns if that is not enough."""

import logging
import resource

import pytest

from gateway.server.open_files import connections_allowed


class Limits:
    """The process's limit, as the kernel would keep it."""

    def __init__(self, soft: int, hard: int) -> None:
        self.soft, self.hard = soft, hard

    def get(self, _: int) -> tuple[int, int]:
        return self.soft, self.hard

    def set(self, _: int, wanted: tuple[int, int]) -> None:
        assert wanted[0] <= self.hard or self.hard == resource.RLIM_INFINITY
        self.soft, self.hard = wanted


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    found = Limits(1_024, 1_024)
    monkeypatch.setattr(resource, "getrlimit", found.get)
    monkeypatch.setattr(resource, "setrlimit", found.set)
    return found


def test_few_are_said_in_the_log(limits: Limits, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert connections_allowed() == 896
    assert "896 connections" in caplog.text
    assert "LimitNOFILE" in caplog.text


def test_the_soft_limit_is_raised_to_the_hard_one(limits: Limits, caplog: pytest.LogCaptureFixture) -> None:
    limits.hard = 20_000
    assert connections_allowed() == 20_000 - 128
    assert limits.soft == 20_000
    assert not caplog.text


def test_no_limit_is_one_all_the_same(limits: Limits) -> None:
    limits.hard = resource.RLIM_INFINITY
    assert connections_allowed() == (1 << 20) - 128


def test_a_system_that_refuses_is_believed(limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int, __: tuple[int, int]) -> None:
        raise ValueError("current limit exceeds maximum limit")

    limits.soft, limits.hard = 10_240, resource.RLIM_INFINITY
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert connections_allowed() == 10_240 - 128

"""A worker survives every error that means Redis is away, and tries again."""

import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse, NoPermissionError, WatchError

from classifier_worker.speech.mock_backend import MockBackend
from classifier_worker.worker import ClassifierWorker
from shared.settings import Settings

SETTINGS = Settings(_env_file=None)


class Interrupted(ClassifierWorker):
    """Its first life ends with an error, its second one in order."""

    def __init__(self, error: Exception) -> None:
        super().__init__(SETTINGS, MockBackend(SETTINGS))
        self.error = error
        self.lives = 0

    async def _serve(self) -> None:
        self.lives += 1
        if self.lives == 1:
            raise self.error
        self._leave.set()


# arq takes jobs in a transaction that watches keys: there a lost link is a WatchError, which is no ConnectionError.
@pytest.mark.parametrize("error", [RedisConnectionError("closed"), WatchError("closed while watching")])
async def test_a_worker_outlives_a_lost_link(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier_worker.worker._AWAY_SECONDS", 0.0)
    worker = Interrupted(error)
    await asyncio.wait_for(worker.run(), 10)
    assert worker.lives == 2


# What Redis answers may be garbled, and then anything may be raised where it is read.
@pytest.mark.parametrize("error", [NoPermissionError("no"), InvalidResponse("?"), TypeError("int is no bytes")])
async def test_a_worker_outlives_every_answer(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("classifier_worker.worker._AWAY_SECONDS", 0.0)
    worker = Interrupted(error)
    assert await asyncio.wait_for(worker.run(), 10) == 0
    assert worker.lives == 2
    assert str(error) in caplog.text

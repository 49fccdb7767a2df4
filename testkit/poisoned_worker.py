"""A worker whose models fail on some sounds: one kills the process, one raises, one never returns, one is only slow.

./manage.sh python -m testkit.poisoned_worker [trial]
"""

import logging
import os
import signal
import sys
import time
from collections.abc import Sequence

import numpy as np
import uvloop

from classifier_worker.poison import trial_process
from classifier_worker.speech.backend import Classified, Feed
from classifier_worker.speech.mock_backend import MockBackend
from classifier_worker.worker import ClassifierWorker
from shared.settings import read_settings

KILLS, RAISES, HANGS, TAKES_LONG = 23456, 23457, 23458, 23459
"""Sample values; 100 equal ones in a feed trigger the failure."""
LONG_SECONDS = 8.0


def poison(value: int, *, process: int = 0) -> bytes:
    """Return 100 ms of s16le PCM. The slow one is slow only in that process, as when a machine stalls."""
    pcm = np.zeros(1600, "<i2")
    pcm[:100] = value
    pcm[100:200] = _trace(process)
    return pcm.tobytes()


def _trace(process: int) -> int:
    return process % 20_000


class PoisonedBackend(MockBackend):
    """The mock, except for the failures."""

    def classify(self, feeds: Sequence[Feed]) -> list[Classified]:
        mine = _trace(os.getpid())
        for feed in feeds:
            for value in (KILLS, RAISES, HANGS, TAKES_LONG):
                elsewhere = value == TAKES_LONG and np.count_nonzero(feed.samples == mine) < 100
                if np.count_nonzero(feed.samples == value) >= 100 and not elsewhere:
                    _take(value)
        return super().classify(feeds)


def _take(value: int) -> None:
    if value == KILLS:
        os.kill(os.getpid(), signal.SIGKILL)
    if value == RAISES:
        raise ArithmeticError("poison")
    time.sleep(LONG_SECONDS if value == TAKES_LONG else 3600)


def load() -> PoisonedBackend:
    return PoisonedBackend(read_settings())


def main(arguments: list[str]) -> int:
    logging.basicConfig(level="WARNING", format="%(asctime)s %(process)d %(levelname)s %(name)s %(message)s")
    if arguments == ["trial"]:
        trial_process.main(load)

    async def run() -> int:
        return await ClassifierWorker(
            read_settings(), load(), [sys.executable, "-m", "testkit.poisoned_worker", "trial"]
        ).run()

    return uvloop.run(run())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

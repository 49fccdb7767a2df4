"""A worker whose mock says that it is a model of some name, so that its sessions go from one model to another.

CHAOS_MODEL=second ./manage.sh python -m tests.chaos.fleet.named_mock
"""

import logging
import os
import sys

import uvloop

from classifier_worker.poison import trial_process
from classifier_worker.speech.backend import Format
from classifier_worker.speech.mock_backend import MockBackend
from classifier_worker.worker import ClassifierWorker
from shared import discreet_log
from shared.settings import read_settings
from tests.chaos.schedule import MODEL


class NamedMock(MockBackend):
    """The mock, whose checkpoints name a model."""

    def format(self) -> Format:
        return Format(super().format().states, os.environ[MODEL])


def load() -> NamedMock:
    return NamedMock(read_settings().for_worker())


def main(arguments: list[str]) -> int:
    if arguments == ["trial"]:
        trial_process.main(load)
    settings = read_settings().for_worker()
    discreet_log.configure(settings.log_level)
    logging.getLogger("arq").setLevel(logging.WARNING)

    async def run() -> int:
        command = [sys.executable, "-m", "tests.chaos.fleet.named_mock", "trial"]
        return await ClassifierWorker(settings, load(), command).run()

    return uvloop.run(run())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

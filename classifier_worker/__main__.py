"""`python -m classifier_worker` runs a worker; `python -m classifier_worker annotate FILE…` reads recordings."""

import logging
import sys

import uvloop

from classifier_worker.speech.annotate import main as annotate
from classifier_worker.speech.load import LOAD_ERRORS, load_backend
from classifier_worker.transcription.recognition import RecogniserMissingError
from classifier_worker.worker import ClassifierWorker
from shared import discreet_log
from shared.contract.model_notice import notice
from shared.private_process import keep_private
from shared.settings import SettingsError, read_settings

USAGE = "usage: python -m classifier_worker [annotate FILE…]"


def main(arguments: list[str]) -> int:
    keep_private()
    if arguments[:1] == ["annotate"]:
        return annotate(arguments[1:])
    if arguments:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        settings = read_settings().for_worker()
        backend = load_backend(settings)
    except (SettingsError, *LOAD_ERRORS) as error:
        print(error, file=sys.stderr)
        return 1
    discreet_log.configure(settings.log_level)
    if settings.log_level != "debug":
        logging.getLogger("arq").setLevel(logging.WARNING)  # arq logs every job, and a lease is no news

    logging.getLogger(__name__).info("%s", notice(backend.card()))

    async def run() -> int:
        return await ClassifierWorker(settings, backend).run()

    try:
        return uvloop.run(run())
    except RecogniserMissingError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

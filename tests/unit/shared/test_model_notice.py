"""A start prints in one line which model runs and what its licence is."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import orjson
import pytest

from classifier_worker.speech.mock_backend import MockBackend
from classifier_worker.speech.models.model_files import model_card
from classifier_worker.speech.speech_backend import MEASURED_CARD
from ops.stack.running_model import running_model
from shared.contract.model_notice import FACTS, MOCK, notice
from shared.settings import Settings


@contextmanager
def gateway(status: int, body: bytes) -> Iterator[str]:
    """The address of a server that answers GET /model so."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/model" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_models_that_come_with_linnet() -> None:
    assert notice(model_card("open")) == "Tone model: open (CC BY 4.0)"
    assert notice(model_card("research")) == "Tone model: research (CC BY-NC-SA 4.0: not for commercial use)"


def test_the_mock_invents_its_events() -> None:
    assert notice(MockBackend(Settings(_env_file=None)).card()) == MOCK
    assert "invented" in MOCK


def test_without_a_tone_model_that_is_said() -> None:
    assert notice(MEASURED_CARD) == FACTS


@pytest.mark.parametrize("licence", ["CC-BY-NC-4.0", "CC BY-NC-ND 4.0", "PolyForm-Noncommercial-1.0.0", "cc-by-nc-4.0"])
def test_what_is_not_for_commercial_use_is_said_to_be(licence: str) -> None:
    assert notice({"name": "own", "licence": licence}).endswith(": not for commercial use)")


@pytest.mark.parametrize("licence", ["private", "CC-BY-4.0", "MIT", "INCA-1.0"])
def test_of_other_licences_nothing_is_claimed(licence: str) -> None:
    assert "commercial" not in notice({"name": "own", "licence": licence})


def test_a_card_without_a_licence_is_not_passed_off_as_free() -> None:
    assert notice({"name": "own"}) == "Tone model: own (no licence stated)"


def test_the_line_is_what_the_gateway_knows() -> None:
    with gateway(200, orjson.dumps({"name": "clinic", "licence": "private"})) as url:
        assert running_model(url).splitlines() == [
            "Tone model: clinic (private)",
            "Words: off (LINNET_WORDS turns them on)",
        ]
    with gateway(200, orjson.dumps({"name": "clinic", "licence": "private", "words": "base"})) as url:
        assert running_model(url).splitlines()[1] == "Words: Whisper base (MIT)"


@pytest.mark.parametrize(
    ("status", "body"), [(503, b'{"detail": "No worker"}'), (200, b"[]"), (200, b"<html>"), (200, b"\xff")]
)
def test_a_gateway_that_does_not_know_it_costs_no_start(status: int, body: bytes) -> None:
    with gateway(status, body) as url:
        assert running_model(url).startswith("Tone model: not known")
    assert running_model(url).startswith("Tone model: not known")  # the server is gone

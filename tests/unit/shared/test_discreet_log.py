"""What must never appear in a log: whole session ids, audio, tones."""

import logging
import subprocess
import sys

import pytest
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.contract.session import Session, new_session_id
from shared.contract.session_link import new_link_id
from shared.contract.tone_event import ToneEvent
from shared.discreet_log import DiscreetFormatter, redact

SESSION_ID = new_session_id(12)


def logged(error: Exception) -> str:
    record = logging.LogRecord("x", 40, "", 0, "failed", (), (type(error), error, error.__traceback__))
    return DiscreetFormatter().format(record)


def test_session_ids_are_shortened_even_in_tracebacks() -> None:
    assert SESSION_ID not in redact(f"GET /session/{SESSION_ID}/stream?x={SESSION_ID}")
    assert SESSION_ID[:9] in redact(SESSION_ID)
    try:
        raise ValueError(SESSION_ID)
    except ValueError as error:
        assert SESSION_ID not in logged(error)


def test_so_are_the_ids_of_links() -> None:
    link_id = new_link_id(7)
    assert redact(f"GET /session/{link_id}/stream") == f"GET /session/{link_id[:9]}…/stream"


def test_an_error_in_a_pipeline_does_not_bring_its_arguments_along() -> None:
    error = RedisError("OOM command not allowed")
    command = ("EVAL", "return 1", 0, b"\x01\x02pcm)\n(", '{"label":"Warmly impatient"}')
    Redis().pipeline().annotate_exception(error, 3, command)
    assert "impatient" in str(error), "or this test has lost its reason"
    assert redact(str(error)) == "Command # 3 of pipeline caused error: ('OOM command not allowed',)"


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (ToneEvent, {"affect": "Warmly impatient"}),
        (Session, {"state": "Warmly impatient"}),
    ],
)
def test_what_cannot_be_parsed_is_not_quoted(model: type[ToneEvent | Session], data: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(data)
    assert "impatient" not in logged(raised.value)


def test_the_error_that_ends_a_process_is_redacted_too() -> None:
    program = f"from shared.discreet_log import configure; configure('info'); raise RuntimeError({SESSION_ID!r})"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "RuntimeError" in ended.stderr
    assert SESSION_ID not in ended.stderr

"""Every call in /openapi.json, with valid and invalid input: answers are as documented."""

import asyncio
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.app import create_app
from shared.settings import Settings
from tests.integration.live_gateway import LiveGateway
from tests.integration.worker_double import WorkerDouble

CHECKS = [
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
DESCRIBED = schemathesis.openapi.from_dict(create_app(Settings(_env_file=None)).openapi())
ALL = [found.ok() for found in DESCRIBED.get_all_operations()]  # type: ignore[union-attr]  # the document is sound
OPERATIONS = {operation.label: operation for operation in ALL}
FORBIDS = ("/start", "/history", "/export", "/corrections", "/stream")
"""Calls with parameters or a body that can be wrong."""
BY_DESIGN = 503
"""While Redis is away, a gateway is full or no worker is there: documented, and no mistake of the server's."""


@pytest.fixture
async def ended_session(gateway: LiveGateway, redis: Redis) -> str:
    """A session with some events and an end, so that its stream ends too."""
    session_id = await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    await worker.tones(1, 3)
    await worker.finish(4)
    return session_id


@pytest.mark.parametrize("label", list(OPERATIONS))
async def test_what_is_allowed_is_answered_as_documented(gateway: LiveGateway, ended_session: str, label: str) -> None:
    await asyncio.to_thread(_try, gateway.url, label, GenerationMode.POSITIVE, ended_session)


@pytest.mark.parametrize("label", [label for label in OPERATIONS if label.endswith(FORBIDS)])
async def test_what_is_forbidden_is_answered_as_documented(
    gateway: LiveGateway, ended_session: str, label: str
) -> None:
    await asyncio.to_thread(_try, gateway.url, label, GenerationMode.NEGATIVE, ended_session)


def _try(url: str, label: str, mode: GenerationMode, session_id: str) -> None:
    link = requests.Session()

    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=20,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode), real=st.booleans())
    def tried(case: "Case[Any]", real: bool) -> None:
        if real and "session_id" in (case.path_parameters or {}):
            case.path_parameters["session_id"] = session_id
        answer = case.call(base_url=url, session=link, timeout=60)
        case.validate_response(answer, checks=CHECKS)
        assert answer.status_code < 500 or answer.status_code == BY_DESIGN

    with link:
        tried()

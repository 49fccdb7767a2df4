"""Small rules of the gateway: licences, origins, deployments, errors, captions, tables."""

import csv
import io
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.datastructures import Headers

import gateway
from gateway import captions, gap, refusal, tables
from gateway.corrections import Correction
from gateway.deployment import deployment_of
from gateway.licence import is_licensed
from gateway.lookup import Place
from gateway.origins import may_connect
from shared.facts_event import FactsEvent
from shared.settings import Settings
from shared.stored_event import EventId, StoredEvent
from shared.tone_event import ToneEvent
from tests.inferred import INFERRED

ROOT = Path(__file__).resolve().parents[2]


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert gateway.__version__ == project["version"]


def test_the_gateway_never_imports_the_worker() -> None:
    for path in (ROOT / "gateway").glob("*.py"):
        assert "import classifier_worker" not in path.read_text()
        assert "from classifier_worker" not in path.read_text()


@pytest.mark.parametrize(
    ("sent", "configured", "licensed"),
    [
        ("CFG-LNNT-1", None, True),
        ("  cfg-lnnt-abc  ", None, True),
        (None, " cfg-lnnt-abc ", True),
        ("   ", "CFG-LNNT-1", True),
        ("wrong", "CFG-LNNT-1", False),
        ("CFG-LNNT-", None, False),
        (" CFG-LNNT-  ", None, False),
        (None, None, False),
        ("", "", False),
        ("XCFG-LNNT-1", None, False),
    ],
)
def test_licence_keys(sent: str | None, configured: str | None, licensed: bool) -> None:
    assert is_licensed(sent, configured) is licensed


@pytest.mark.parametrize(
    ("headers", "may"),
    [
        ({}, True),
        ({"origin": "http://localhost:8521", "host": "localhost:8521"}, True),
        ({"origin": "http://LOCALHOST:8521", "host": "localhost:8521"}, True),
        ({"origin": "http://nas.local", "host": "10.0.0.1", "x-forwarded-host": "nas.local, proxy"}, True),
        ({"origin": "http://nas:8521", "host": "nas:8521"}, True),
        ({"origin": "http://192.0.2.1:8521", "host": "192.0.2.1:8521"}, True),
        ({"origin": "http://[::1]:8521", "host": "[::1]:8521"}, True),
        ({"origin": "https://allowed.example", "host": "localhost:8521"}, True),
        ({"origin": "https://allowed.example", "host": "allowed.example"}, True),
        # A stranger's name that was made to point here: DNS rebinding.
        ({"origin": "https://evil.example", "host": "evil.example"}, False),
        ({"origin": "https://evil.example", "host": "localhost", "x-forwarded-host": "evil.example"}, False),
        ({"origin": "http://localhost:9999", "host": "localhost:8521"}, False),
        ({"origin": "https://evil.example", "host": "localhost:8521"}, False),
        ({"origin": "null", "host": "localhost:8521"}, False),
        ({"origin": "http://[::1", "host": "localhost:8521"}, False),
        ({"origin": "null"}, False),
    ],
)
def test_origins(headers: dict[str, str], may: bool) -> None:
    assert may_connect(Headers(headers), ["https://allowed.example"]) is may


def test_a_deployment_is_its_redis_and_keeps_no_password() -> None:
    def of(url: str) -> str:
        return deployment_of(Settings(_env_file=None, redis_url=url))

    assert of("redis://u:secret@host:6379/0") == of("redis://host/0") == of("redis://host")
    assert of("redis://host/1") != of("redis://host/0")


@pytest.mark.parametrize("session_id", ["", "1", "-" + "0" * 32, "1-" + "0" * 31, "1-" + "G" * 32, "x-" + "0" * 32])
def test_ids_that_are_none_of_ours_have_no_place(session_id: str) -> None:
    assert Place.of(session_id) is None


@pytest.mark.parametrize(
    ("why", "code"), [("unknown", 4004), ("stopped", 4010), ("superseded", 4009), ("away", 1013), ("anything", 1013)]
)
def test_what_the_scripts_refuse_has_its_close_code(why: str, code: int) -> None:
    assert refusal.of_append(why).close_code == code


def test_a_gap_has_no_id() -> None:
    block = gap.cut_off(EventId(1, 1), EventId(2, 1)).decode()
    assert block.startswith("event: gap\ndata: {") and block.endswith("}\n\n") and "\nid:" not in block


async def _pages(*events: StoredEvent) -> AsyncIterator[list[StoredEvent]]:
    for event in events:
        yield [event]


def _tone(seconds: float, **changes: object) -> StoredEvent:
    values: dict[str, object] = {
        "session_id": "s",
        "timestamp": seconds,
        "label": "Calm\n--> really",
        "confidence": 0.7,
        "affect": "calm",
        "speaker_id": "speaker_a",
        "shift_magnitude": 0.0,
        "shift_direction": "stable",
        "arousal": -0.5,
    }
    event = ToneEvent.model_validate(values | changes)
    return StoredEvent(EventId(int(seconds * 16000), 1), "tone-event", event.to_json())


async def test_cues_never_overlap_nor_run_backwards() -> None:
    pages = _pages(_tone(0.0), _tone(2.5), _tone(2.5), _tone(3.0), _tone(3700.25))
    cues = [cue async for cue in captions.cues(pages, {}, 3.0)]
    assert [(cue.start, cue.end) for cue in cues] == [
        (0.0, 0.0),
        (0.0, 2.5),
        (2.499, 2.5),
        (2.5, 3.0),
        (3697.25, 3700.25),
    ]


async def test_facts_without_words_have_no_cue_and_no_tone_is_in_the_table() -> None:
    values = {"session_id": "s", "speaker_id": "speaker_a", "prosody_flags": ["louder"], "loudness_db": -20.0}
    stored = [
        StoredEvent(
            EventId(int(seconds * 16000), 1),
            "facts-event",
            FactsEvent.model_validate(values | {"timestamp": seconds, "text": text}).to_json(),
        )
        for seconds, text in ((3.0, None), (4.0, "Louder than usual"), (9.0, "As usual for this voice"))
    ]
    cues = [cue async for cue in captions.cues(_pages(*stored), {}, 3.0)]
    assert [(cue.start, cue.end, cue.text) for cue in cues] == [
        (3.0, 4.0, "Louder than usual"),
        (6.0, 9.0, "As usual for this voice"),
    ]
    table = b"".join([part async for part in tables.csv_rows(_pages(*stored), {}, facts=True)]).decode()
    rows = list(csv.reader(io.StringIO(table)))
    assert rows[0] == list(tables.FACTS_COLUMNS) and not INFERRED & set(rows[0])
    assert rows[2] == ["64000-1", "facts-event", "4.0", "speaker_a", "louder", "", "-20.0", "", "Louder than usual"]


async def test_a_label_cannot_break_out_of_its_cue() -> None:
    text = b"".join([part async for part in captions.web_vtt(_pages(_tone(3700.25)), {}, 3.0)]).decode()
    assert "01:01:37.250 --> 01:01:40.250" in text
    assert "<v speaker_a>Calm --&gt; really\n" in text


async def test_csv_quotes_formulas_but_not_numbers() -> None:
    event = _tone(1.0, label="=HYPERLINK()")
    correction = Correction(event_id=str(event.id), affect="warm", note="@x", corrected_at=1.0)
    text = b"".join([part async for part in tables.csv_rows(_pages(event), {str(event.id): correction})]).decode()
    assert "'=HYPERLINK()" in text and "'@x" in text and ",-0.5," in text

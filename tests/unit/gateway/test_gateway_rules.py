"""Small rules of the gateway: licences, origins, deployments, errors, captions, csv_table."""

import csv
import io
import json
import re
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.datastructures import Headers

import gateway
from gateway.api.corrections.stored import Correction
from gateway.api.exports import captions, csv_table
from gateway.audio import refusal
from gateway.edge.licence import Licences
from gateway.edge.origins import LOOPBACK_PAGES, listens_on_loopback_only, may_connect
from gateway.events import gap
from gateway.server.deployment import deployment_of
from gateway.session.session_keys import Place
from shared.contract.event_id import EventId
from shared.contract.facts_event import FactsEvent
from shared.contract.stored_event import StoredEvent
from shared.contract.tone_event import ToneEvent
from shared.settings import Settings
from tests.inferred import INFERRED

ROOT = Path(__file__).resolve().parents[3]


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
    assert Licences(None).allow(sent, configured) is licensed


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


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        ("http://localhost:3000", True),
        ("http://127.0.0.1:5173", True),
        ("https://[::1]:8443", True),
        ("http://app.localhost:3000", True),
        ("http://nas:3000", False),
        ("http://192.168.0.7:3000", False),
        ("http://localhost.evil.example", False),
        ("http://evil.example", False),
        ("null", False),
    ],
)
def test_with_loopback_the_pages_of_this_machine_may(origin: str, may: bool) -> None:
    headers = Headers({"origin": origin, "host": "127.0.0.1:8522"})
    assert may_connect(headers, [], loopback=True) is may
    assert not may_connect(headers, [])
    assert (re.fullmatch(LOOPBACK_PAGES, origin) is not None) is may


@pytest.mark.parametrize(
    ("host", "only"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("192.0.2.1", False)],
)
def test_which_hosts_are_heard_on_this_machine_only(host: str, only: bool) -> None:
    assert listens_on_loopback_only(host) is only


def test_a_deployment_is_its_redis_and_keeps_no_password() -> None:
    def of(url: str) -> str:
        return deployment_of(Settings(_env_file=None, redis_url=url))

    assert of("redis://u:secret@host:6379/0") == of("redis://host/0") == of("redis://host")
    assert of("redis://host/1") != of("redis://host/0")


@pytest.mark.parametrize("session_id", ["", "1", "-" + "0" * 32, "1-" + "0" * 31, "1-" + "G" * 32, "x-" + "0" * 32])
def test_ids_that_are_none_of_ours_have_no_place(session_id: str) -> None:
    assert Place.of(session_id) is None


@pytest.mark.parametrize(
    ("why", "code"),
    [("unknown", 4004), ("stopped", 4010), ("superseded", 4009), ("rewound", 1013), ("away", 1013), ("anything", 1013)],
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
    table = b"".join([part async for part in csv_table.csv_rows(_pages(*stored), {}, facts=True)]).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert rows[0] == list(csv_table.FACTS_COLUMNS) and not INFERRED & set(rows[0])
    assert rows[2] == ["64000-1", "facts-event", "4.0", "speaker_a", "louder", "", "-20.0", "", "Louder than usual"]


async def test_a_label_cannot_break_out_of_its_cue() -> None:
    text = b"".join([part async for part in captions.web_vtt(captions.cues(_pages(_tone(3700.25)), {}, 3.0))]).decode()
    assert "01:01:37.250 --> 01:01:40.250" in text
    assert "<v speaker_a>Calm --&gt; really\n" in text


def _csv(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))


async def test_csv_has_every_field_of_a_tone_event_and_opens_with_its_umlauts() -> None:
    event = _tone(1.0, label="Müde", scores={"calm": 0.75, "warm": 0.25})
    text = b"".join([part async for part in csv_table.csv_rows(_pages(event), {})])
    assert text.startswith(b"\xef\xbb\xbfid,event,")
    [row] = _csv(text)
    elsewhere = {"event_type", "session_id", "wording"}
    assert set(ToneEvent.model_fields) - elsewhere - {"utterance_id"} < set(row)
    assert set(ToneEvent.model_fields) - elsewhere < set(csv_table.WORDS_COLUMNS)
    assert row["label"] == "Müde"
    assert json.loads(row["scores"]) == {"calm": 0.75, "warm": 0.25}


@pytest.mark.parametrize(
    "note",
    [
        "=1+1", "+1", "-5", "@x", "  =1+1", "\ufeff=1", "\u202e=1", "\uff1d1+1", "\uff0b1", "\uff0d1",
        "\uff20x", "\u3000\uff1d1", "\ttab", "\rreturn",
    ],
)  # fmt: skip
async def test_csv_guards_every_start_of_a_formula(note: str) -> None:
    event = _tone(1.0)
    correction = Correction(event_id=str(event.id), affect="warm", note=note, corrected_at=1.0)
    text = b"".join([part async for part in csv_table.csv_rows(_pages(event), {str(event.id): correction})])
    assert _csv(text)[0]["correction_note"] == f"'{note}"


@pytest.mark.parametrize(
    ("note", "guarded"),
    [
        (";=1+1", ";'=1+1"),
        ("\n=1+1", "'\n'=1+1"),
        ("\t=1+1", "'\t'=1+1"),
        ("a; =1;\uff1d2", "a;' =1;'\uff1d2"),
        ("a\n@x", "a\n'@x"),
        ("a = b - 5; c", "a = b - 5; c"),
        ('müde, "nein"', 'müde, "nein"'),
    ],
)
async def test_csv_guards_formulas_behind_what_other_countries_take_for_a_comma(note: str, guarded: str) -> None:
    event = _tone(1.0)
    correction = Correction(event_id=str(event.id), affect="warm", note=note, corrected_at=1.0)
    text = b"".join([part async for part in csv_table.csv_rows(_pages(event), {str(event.id): correction})])
    assert _csv(text)[0]["correction_note"] == guarded


async def test_csv_quotes_formulas_but_not_numbers() -> None:
    event = _tone(1.0, label="=HYPERLINK()")
    correction = Correction(event_id=str(event.id), affect="warm", note="@x", corrected_at=1.0)
    text = b"".join([part async for part in csv_table.csv_rows(_pages(event), {str(event.id): correction})]).decode()
    assert "'=HYPERLINK()" in text and "'@x" in text and ",-0.5," in text

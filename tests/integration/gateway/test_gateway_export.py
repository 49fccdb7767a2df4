"""History and exports: what is stored, in every form, with corrections beside it."""

import csv
import io
import json
import re

import pytest
from redis.asyncio import Redis

from tests.integration.live_gateway import LiveGateway
from tests.integration.worker_double import WorkerDouble, tone


@pytest.fixture
async def session_id(gateway: LiveGateway) -> str:
    return await gateway.start_session()


@pytest.fixture
async def worker(redis: Redis, session_id: str) -> WorkerDouble:
    """Two tone events, a gap, a third tone event that was corrected twice, a service event and the end."""
    double = WorkerDouble(redis, session_id)
    await double.commit("48000-1", "tone-event", tone(session_id, 3.0))
    await double.commit("64000-1", "tone-event", tone(session_id, 4.0, confidence=0.65))
    await double.commit("96000-1", "audio-gap", '{"from":5.0,"to":6.0,"from_sample":80000,"to_sample":96000}')
    await double.commit("160000-1", "tone-event", tone(session_id, 10.0, confidence=0.9))
    await double.commit("160000-2", "service-event", '{"code":"slow","detail":"It took long.","timestamp":10.0}')
    return double


async def correct(gateway: LiveGateway, session_id: str) -> None:
    async with gateway.http() as client:
        for affect, note in (("sad", "first thought"), ("warm", "=1+1")):
            body = {"event_id": "160000-1", "affect": affect, "note": note}
            assert (await client.post(f"/session/{session_id}/corrections", json=body)).status_code == 201


async def exported(gateway: LiveGateway, session_id: str, form: str) -> str:
    await correct(gateway, session_id)
    async with gateway.http() as client:
        response = await client.get(f"/session/{session_id}/export", params={"format": form})
    assert response.status_code == 200
    wanted = f'attachment; filename="linnet-session-{session_id}.{form}"'
    assert response.headers["content-disposition"] == wanted
    return response.text


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("", [3.0, 4.0, 10.0]),
        ("?limit=2", [4.0, 10.0]),
        ("?min_confidence=0.7", [3.0, 10.0]),
        ("?min_confidence=0.9&limit=10000", [10.0]),
        ("?min_confidence=1", []),
    ],
)
@pytest.mark.usefixtures("worker")
async def test_history_has_the_most_recent_tone_events_oldest_first(
    gateway: LiveGateway, session_id: str, query: str, seconds: list[float]
) -> None:
    async with gateway.http() as client:
        response = await client.get(f"/session/{session_id}/history{query}")
    history = response.json()
    assert history["session_id"] == session_id
    assert history["count"] == len(seconds)
    assert [event["timestamp"] for event in history["events"]] == seconds
    assert history["ids"] == [f"{int(second * 16000)}-1" for second in seconds]


@pytest.mark.usefixtures("worker")
async def test_history_gives_events_exactly_as_they_were_sent(gateway: LiveGateway, session_id: str) -> None:
    async with gateway.http() as client:
        history = (await client.get(f"/session/{session_id}/history?limit=1")).json()
    assert history["events"] == [json.loads(tone(session_id, 10.0, confidence=0.9))]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=10001", "limit=ten", "min_confidence=-0.1", "min_confidence=1.1", "min_confidence=nan"]
)
async def test_history_outside_its_limits_gets_422(gateway: LiveGateway, session_id: str, query: str) -> None:
    async with gateway.http() as client:
        response = await client.get(f"/session/{session_id}/history?{query}")
    assert response.status_code == 422
    assert query.partition("=")[0] in response.json()["detail"]


async def test_an_unknown_export_format_gets_422(gateway: LiveGateway, session_id: str) -> None:
    async with gateway.http() as client:
        response = await client.get(f"/session/{session_id}/export?format=xml")
    assert response.status_code == 422
    assert "format" in response.json()["detail"]


async def test_a_session_without_events_can_be_exported(gateway: LiveGateway, session_id: str) -> None:
    async with gateway.http() as client:
        export = (await client.get(f"/session/{session_id}/export")).json()
    assert export["session_id"] == session_id
    assert export["events"] == []


@pytest.mark.usefixtures("worker")
async def test_json_has_the_session_and_every_event(gateway: LiveGateway, session_id: str) -> None:
    export = json.loads(await exported(gateway, session_id, "json"))
    assert export["session_id"] == session_id
    assert {"state", "elcor", "started_at", "sample_rate", "audio_seconds", "pinned"} <= export.keys()
    assert [(entry["id"], entry["event"]) for entry in export["events"]] == [
        ("48000-1", "tone-event"),
        ("64000-1", "tone-event"),
        ("96000-1", "audio-gap"),
        ("160000-1", "tone-event"),
        ("160000-2", "service-event"),
    ]
    assert export["events"][0]["data"] == json.loads(tone(session_id, 3.0))
    assert "correction" not in export["events"][0]
    assert export["events"][3]["correction"]["affect"] == "warm"  # the newest counts
    assert export["events"][3]["correction"]["note"] == "=1+1"


@pytest.mark.usefixtures("worker")
async def test_jsonl_has_one_event_a_line(gateway: LiveGateway, session_id: str) -> None:
    lines = [json.loads(line) for line in (await exported(gateway, session_id, "jsonl")).splitlines()]
    assert [line["id"] for line in lines] == ["48000-1", "64000-1", "96000-1", "160000-1", "160000-2"]
    assert lines[3]["correction"]["affect"] == "warm"


@pytest.mark.usefixtures("worker")
async def test_csv_has_one_event_a_row_and_no_formula(gateway: LiveGateway, session_id: str) -> None:
    rows = list(csv.DictReader(io.StringIO((await exported(gateway, session_id, "csv")).removeprefix("\ufeff"))))
    assert [row["id"] for row in rows] == ["48000-1", "64000-1", "96000-1", "160000-1", "160000-2"]
    assert rows[0]["label"] == "Calmly spoken"
    assert rows[0]["prosody_flags"] == "louder faster"
    assert rows[2]["detail"] == "no audio from 5.0 s to 6.0 s"
    assert (rows[3]["corrected_affect"], rows[3]["correction_note"]) == ("warm", "'=1+1")


@pytest.mark.usefixtures("worker")
async def test_vtt_has_a_cue_per_tone_event(gateway: LiveGateway, session_id: str) -> None:
    assert await exported(gateway, session_id, "vtt") == (
        "WEBVTT\n"
        "\n48000-1\n00:00:00.000 --> 00:00:03.000\n"
        "<v speaker_a>Calmly spoken: They &lt;mean&gt; it &amp; say so.\n"
        "\n64000-1\n00:00:03.000 --> 00:00:04.000\n"
        "<v speaker_a>Calmly spoken: They &lt;mean&gt; it &amp; say so.\n"
        "\n160000-1\n00:00:07.000 --> 00:00:10.000\n"
        "<v speaker_a>Calmly spoken: They &lt;mean&gt; it &amp; say so. (corrected: warm)\n"
    )


@pytest.mark.usefixtures("worker")
async def test_srt_numbers_its_cues(gateway: LiveGateway, session_id: str) -> None:
    export = await exported(gateway, session_id, "srt")
    assert export.startswith(
        "1\n00:00:00,000 --> 00:00:03,000\n[speaker_a] Calmly spoken: They &lt;mean&gt; it &amp; say so.\n\n2\n"
    )
    assert export.count(" --> ") == 3


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "vtt", "srt", "md"])
@pytest.mark.usefixtures("worker")
async def test_a_file_to_be_passed_on_holds_no_id(gateway: LiveGateway, session_id: str, form: str) -> None:
    async with gateway.http() as client:
        link_id = (await client.post(f"/session/{session_id}/link")).json()["link_id"]
        note = {"event_id": "160000-1", "affect": "sad", "note": f"heard in {session_id}, shown as {link_id}"}
        assert (await client.post(f"/session/{session_id}/corrections", json=note)).status_code == 201
        files = [
            await client.get(f"/session/{known}/export", params={"format": form, "pseudonym": "true"})
            for known in (session_id, link_id, session_id)
        ]
    said = "".join(f"{file.headers}{file.text}" for file in files)
    for secret in (session_id, link_id):
        assert secret not in said
        assert secret.partition("-")[2][:16] not in said
    name, *others = [file.headers["content-disposition"] for file in files]
    assert others == [name, name], "the same pseudonym for the same session, whoever asks"
    assert re.fullmatch(rf'attachment; filename="linnet-session-(anonymous-[0-9a-f]{{24}})\.{form}"', name)


@pytest.mark.usefixtures("worker")
async def test_a_pseudonym_stands_for_one_session_in_the_head_and_in_every_event(
    gateway: LiveGateway, session_id: str
) -> None:
    other = await gateway.start_session()
    async with gateway.http() as client:
        first, second = [
            (await client.get(f"/session/{each}/export?pseudonym=true")).json() for each in (session_id, other)
        ]
    assert first["session_id"] != second["session_id"]
    tones = [entry["data"] for entry in first["events"] if entry["event"] == "tone-event"]
    assert {tone["session_id"] for tone in tones} == {first["session_id"]}

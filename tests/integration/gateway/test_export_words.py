"""Exports of sessions with words: each line with its speaker and its tone, corrections beside what was recognised."""

import csv
import io
import json

import pytest
from redis.asyncio import Redis

from shared.settings import Settings
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway
from tests.integration.worker_double import WorkerDouble, tone, transcript

MISMATCH = {"words": "positive", "voice": "frustrated", "sentence": "Friendly words, tense voice."}


@pytest.fixture
def settings(redis_url: str) -> Settings:
    return test_settings(redis_url, words="base")


@pytest.fixture
async def session_id(gateway: LiveGateway) -> str:
    return await gateway.start_session()


@pytest.fixture
async def worker(gateway: LiveGateway, redis: Redis, session_id: str) -> WorkerDouble:
    """Two lines, the second stored late; a reading whose utterance has no line; a correction of each kind."""
    double = WorkerDouble(redis, session_id)
    await double.commit("32000-1", "tone-event", _sad(session_id, 2.0, 0.7))
    await double.commit("48000-1", "tone-event", _sad(session_id, 3.0, 0.95))
    await double.commit("52800-1", "transcript-event", _line(session_id, "u1", "I *red* the <book>.", 0.5, 2.8))
    await double.commit("96000-1", "tone-event", tone(session_id, 6.0, confidence=0.8, utterance_id="u2"))
    await double.commit("112000-1", "tone-event", tone(session_id, 7.0, confidence=0.65, utterance_id="none"))
    late = _line(session_id, "u2", "That's fine.", 4.0, 5.0, speaker_id="speaker_b", mismatch=MISMATCH)
    await double.commit("128000-1", "transcript-event", late)
    await double.commit("144000-1", "transcript-event", _line(session_id, "u3", "Who?", 8.0, 8.5, speaker_id=None))
    return double


def _sad(session_id: str, seconds: float, confidence: float) -> str:
    data = json.loads(tone(session_id, seconds, affect="sad", confidence=confidence, utterance_id="u1"))
    return json.dumps(data | {"label": "Sad-sounding"})


def _line(session_id: str, utterance_id: str, text: str, start: float, end: float, **more: object) -> str:
    return transcript(session_id, utterance_id, text, start, end, doubtful="<book>.", **more)


async def correct(gateway: LiveGateway, session_id: str, **body: object) -> None:
    async with gateway.http() as client:
        assert (await client.post(f"/session/{session_id}/corrections", json=body)).status_code == 201


async def exported(gateway: LiveGateway, session_id: str, form: str, query: str = "") -> str:
    async with gateway.http() as client:
        response = await client.get(f"/session/{session_id}/export?format={form}{query}")
    assert response.status_code == 200
    assert response.headers["content-disposition"].endswith(f'.{form}"')
    return response.text


@pytest.mark.usefixtures("worker")
async def test_vtt_has_a_cue_per_line_in_the_order_of_speech(gateway: LiveGateway, session_id: str) -> None:
    assert await exported(gateway, session_id, "vtt") == (
        "WEBVTT\n"
        "\n52800-1\n00:00:00.500 --> 00:00:02.800\n"
        "<v Speaker A>[sad-sounding] I *red* the &lt;book&gt;.(?)\n"
        "\n128000-1\n00:00:04.000 --> 00:00:05.000\n"
        "<v Speaker B>[calmly spoken, probably] That's fine.\n"
        "\n112000-1\n00:00:06.000 --> 00:00:07.000\n"
        "<v Speaker A>Calmly spoken: They &lt;mean&gt; it &amp; say so.\n"
        "\n144000-1\n00:00:08.000 --> 00:00:08.500\nWho?\n"
    )


@pytest.mark.usefixtures("worker")
async def test_srt_has_speaker_and_tone_in_brackets(gateway: LiveGateway, session_id: str) -> None:
    assert await exported(gateway, session_id, "srt") == (
        "1\n00:00:00,500 --> 00:00:02,800\n[Speaker A, sad-sounding] I *red* the &lt;book&gt;.(?)\n\n"
        "2\n00:00:04,000 --> 00:00:05,000\n[Speaker B, calmly spoken, probably] That's fine.\n\n"
        "3\n00:00:06,000 --> 00:00:07,000\n[Speaker A] Calmly spoken: They &lt;mean&gt; it &amp; say so.\n\n"
        "4\n00:00:08,000 --> 00:00:08,500\nWho?\n\n"
    )


@pytest.mark.usefixtures("worker")
async def test_captions_show_what_was_corrected(
    gateway: LiveGateway, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.api.corrections.calls.WAIT_SECONDS", 0.1)
    await correct(gateway, session_id, event_id="52800-1", text="I read the book.")
    await correct(gateway, session_id, event_id="48000-1", affect="warm")
    assert "<v Speaker A>[sad-sounding, corrected: warm] I read the book.\n" in await exported(
        gateway, session_id, "vtt"
    )
    srt = await exported(gateway, session_id, "srt")
    assert "[Speaker A, sad-sounding, corrected: warm] I read the book.\n" in srt
    assert "red*" not in srt


@pytest.mark.usefixtures("worker")
async def test_markdown_is_a_transcript_to_read(
    gateway: LiveGateway, session_id: str, redis: Redis, worker: WorkerDouble
) -> None:
    await redis.hset(worker.place.record, mapping={"started_at": "1764500000.0", "received": str(16_000 * 3723)})  # type: ignore[misc]
    assert await exported(gateway, session_id, "md") == (
        "# Transcript\n\n"
        "- Started: 2025-11-30 10:53 UTC\n"
        "- Length: 1:02:03\n"
        "- Speakers: Speaker A, Speaker B\n\n"
        "A computer recognised this and makes mistakes. (?) follows a doubtful word. "
        "Tone is how a voice sounds, not what somebody feels or means.\n\n"
        "## What was said\n\n"
        "**Speaker A** (0:00, sad-sounding): I \\*red\\* the \\<book\\>.(?)\n\n"
        "**Speaker B** (0:04, calmly spoken, probably): That's fine. *(Friendly words, tense voice.)*\n\n"
        "**Unknown speaker** (0:08): Who?\n\n"
        "## Course of tone\n\n"
        "- 0:02 Speaker A: sad-sounding, probably\n"
        "- 0:06 Speaker A: calmly spoken, probably\n"
    )


@pytest.mark.usefixtures("worker")
async def test_markdown_shows_a_correction_with_the_original(gateway: LiveGateway, session_id: str) -> None:
    await correct(gateway, session_id, event_id="52800-1", text="I *read* [it](x).")
    await correct(gateway, session_id, event_id="128000-1", text="That's mine.")
    text = await exported(gateway, session_id, "md")
    line = "I \\*read\\* \\[it\\](x). *(corrected from: I \\*red\\* the \\<book\\>.)*\n"
    assert f"**Speaker A** (0:00, sad-sounding): {line}" in text
    assert "That's mine. *(corrected from: That's fine.)*\n" in text
    assert "Friendly words" not in text, "it was about other words"


async def test_markdown_without_words_and_of_facts_says_so(gateway: LiveGateway, redis: Redis) -> None:
    plain, facts = await gateway.start_session(words=False), await gateway.start_session(facts=True)
    measured = {"session_id": facts, "timestamp": 3.0, "speaker_id": "speaker_a", "text": "Louder than usual"}
    await WorkerDouble(redis, facts).commit("48000-1", "facts-event", json.dumps(measured))
    text = await exported(gateway, plain, "md")
    assert "- Speakers: none\n" in text
    assert text.endswith(
        "## What was said\n\nNo words were written down.\n\n## Course of tone\n\nNo tone was reported.\n"
    )
    text = await exported(gateway, facts, "md")
    assert text.endswith("## What was measured\n\n- 0:03 Speaker A: louder than usual\n")
    assert "Tone" not in text


@pytest.mark.usefixtures("worker")
async def test_csv_has_lines_beside_readings(gateway: LiveGateway, session_id: str) -> None:
    await correct(gateway, session_id, event_id="128000-1", text="=Fine.", note="misheard")
    table = (await exported(gateway, session_id, "csv")).removeprefix("\ufeff")
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(table))}
    assert len(rows) == 7
    line, late, reading = rows["52800-1"], rows["128000-1"], rows["48000-1"]
    assert (line["event"], line["start"], line["end"]) == ("transcript-event", "0.5", "2.8")
    assert (line["text"], line["doubtful_words"]) == ("I *red* the <book>.", "<book>.")
    assert (line["speaker_id"], line["language"], line["label"]) == ("speaker_a", "en", "")
    assert line["utterance_id"] == reading["utterance_id"] == "u1"
    assert (late["corrected_text"], late["correction_note"]) == ("'=Fine.", "misheard")
    assert late["mismatch"] == "Friendly words, tense voice."
    assert (reading["label"], reading["text"]) == ("Sad-sounding", "")


async def test_csv_of_a_facts_only_session_has_lines_and_nothing_inferred(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session(facts=True)
    worker = WorkerDouble(redis, session_id)
    measured = {"session_id": session_id, "timestamp": 3.0, "speaker_id": "speaker_a", "text": "Louder than usual"}
    await worker.commit("48000-1", "facts-event", json.dumps(measured))
    await worker.commit("48000-2", "transcript-event", _line(session_id, "u1", "Now!", 2.0, 2.5))
    table = (await exported(gateway, session_id, "csv")).removeprefix("\ufeff")
    facts, line = csv.DictReader(io.StringIO(table))
    assert (facts["detail"], facts["text"], line["text"], line["detail"]) == ("Louder than usual", "", "Now!", "")
    assert not {"label", "affect", "words_tone", "mismatch"} & facts.keys()


@pytest.mark.usefixtures("worker")
async def test_json_and_jsonl_hold_lines_as_they_were_sent(gateway: LiveGateway, session_id: str) -> None:
    export = json.loads(await exported(gateway, session_id, "json"))
    assert (export["words"], export["language"]) == (True, "")
    wanted = json.loads(_line(session_id, "u1", "I *red* the <book>.", 0.5, 2.8))
    for events in (export["events"], map(json.loads, (await exported(gateway, session_id, "jsonl")).splitlines())):
        [line] = [entry for entry in events if entry["id"] == "52800-1"]
        assert line == {"id": "52800-1", "event": "transcript-event", "data": wanted}


@pytest.mark.parametrize("form", ["vtt", "srt", "csv"])
async def test_a_session_without_words_is_exported_as_before(gateway: LiveGateway, redis: Redis, form: str) -> None:
    session_id = await gateway.start_session(words=False)
    await WorkerDouble(redis, session_id).tones(3, 4)
    written: dict[str, str] = {
        "vtt": "WEBVTT\n\n48000-1\n00:00:00.000 --> 00:00:03.000\n"
        "<v speaker_a>Calmly spoken: They &lt;mean&gt; it &amp; say so.\n"
        "\n64000-1\n00:00:03.000 --> 00:00:04.000\n<v speaker_a>Calmly spoken: They &lt;mean&gt; it &amp; say so.\n",
        "srt": "1\n00:00:00,000 --> 00:00:03,000\n[speaker_a] Calmly spoken: They &lt;mean&gt; it &amp; say so.\n\n"
        "2\n00:00:03,000 --> 00:00:04,000\n[speaker_a] Calmly spoken: They &lt;mean&gt; it &amp; say so.\n\n",
        "csv": "\ufeffid,event,timestamp,label,confidence,affect,subtext,speaker_id,shift_magnitude,shift_direction,"
        "prosody_flags,scores,arousal,valence,pitch_hz,loudness_db,seq,detail,corrected_affect,correction_note\r\n"
        + "".join(
            f"{second * 16000}-1,tone-event,{second}.0,Calmly spoken,0.8,calm,They <mean> it & say so.,speaker_a,0.1,"
            "stable,louder faster,,,,,,,,,\r\n"
            for second in (3, 4)
        ),
    }
    assert await exported(gateway, session_id, form) == written[form]

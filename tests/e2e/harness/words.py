"""Words on the page, for stacks whose workers recognise none: added to the gateway's answers as the contract has it."""

from typing import Any

from playwright.sync_api import Page, Route

from shared.contract.transcript_event import Mismatch, PartialTranscript, SpokenWord, TranscriptEvent

TEXT = "I am fine today."


def add_lines(page: Page) -> None:
    """Give every tone event of an export an utterance, and a line after it."""
    page.route("**/session/*/export?format=json*", _with_lines)


def add_unfinished_words(page: Page) -> None:
    """Send words that are still being spoken instead of the event stream, which then is gone for a minute."""
    said, stable = "And what about you", "And what"
    partial = PartialTranscript(
        session_id="", timestamp=99, utterance_id="last", start=98, text=said, stable=stable, language="en"
    )
    body = f"retry: 60000\n\nevent: transcript\ndata: {partial.to_json()}\n\n"
    page.route("**/session/*/stream*", lambda route: route.fulfill(body=body, content_type="text/event-stream"))


def _with_lines(route: Route) -> None:
    answer = route.fetch()
    found: dict[str, Any] = answer.json()
    entries: list[dict[str, Any]] = []
    for number, entry in enumerate(found["events"]):
        entries.append(entry)
        if entry["event"] == "tone-event":
            entry["data"] |= {"utterance_id": f"u{number}", "prosody_flags": ["louder"]}
            sample = entry["id"].split("-")[0]
            line = _line(number, entry["data"])
            entries.append({"id": f"{sample}-{900 + number}", "event": "transcript-event", "data": line})
    route.fulfill(response=answer, json=found | {"events": entries})


def _line(number: int, tone: dict[str, Any]) -> dict[str, Any]:
    end = float(tone["timestamp"])
    starts = [max(0.0, end - 2 + at / 2) for at in range(4)]
    words = [
        SpokenWord(text=text, start=start, end=start + 0.4, probability=probability)
        for text, start, probability in zip(TEXT.split(), starts, (0.9, 0.9, 0.3, 0.9), strict=True)
    ]
    return TranscriptEvent(
        session_id=tone["session_id"],
        timestamp=end,
        utterance_id=f"u{number}",
        start=words[0].start,
        end=words[-1].end,
        text=TEXT,
        words=words,
        language="en",
        speaker_id=tone["speaker_id"],
        mismatch=Mismatch(words="positive", voice="frustrated", sentence="Friendly words, tense voice."),
    ).model_dump(mode="json")

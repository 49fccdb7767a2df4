"""Diarization: find the voices of a session as it proceeds, and the speaker of each window.

    state, turn = attribute_window(state, window, slices)

An id is assigned once and never changes. An unknown voice becomes a new speaker only after enough speech; until then,
and wherever the speaker is uncertain, speech is attributed to the last speaker who was identified with certainty. If
two voices turn out to be one person's, the older id stays; if a voice turns out to be two people's, the one with more
speech keeps the id.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from classifier_worker.speech.speakers.attribution import STRANGE, Part, attribute
from classifier_worker.speech.speakers.slices import Slice
from classifier_worker.speech.speakers.voice_cluster import UNNAMED, Speaker
from classifier_worker.speech.windows.utterance import LENGTH_STEP, SHORTEST_WINDOW, Window
from shared.audio import PIPELINE_RATE

MOST_NAMED: Final = 6
"""Most speakers known at a time; the one silent for longest is dropped, and counts as new on returning."""
MOST_UNNAMED: Final = 2

SURE: Final = 0.4
"""Similarity from which speech may update a speaker."""
LEAST_SECONDS: Final = 0.5
"""Seconds of speech that may update a speaker or begin a new voice."""
KEPT_SECONDS: Final = 0.9
"""Seconds of speech whose voiceprint is kept, to tell two people apart."""

ALIKE: Final = 0.42
NAMED_FROM: Final = 0.35
LEAST_NAMED: Final = 1.2
LEAST_LOOKS: Final = 2
"""A voice gets its id once it has been heard in two slices, for 1.2 s in all, and its seconds × (ALIKE − similarity to
the most similar speaker) reach NAMED_FROM: 1.2 s if it resembles no other voice, 3 s at a similarity of 0.3. A single
slice may be a cough or a laugh."""
SAME: Final = 0.45
"""Similarity from which two voices are one person's. Two of the tuning readers reach 0.37 at most; two moods of one
actor, once both are known, 0.35–0.6."""
SAME_SECONDS: Final = 3.0
"""Seconds of speech that each needs before they can count as the same person."""
FORGOTTEN: Final = 30 * PIPELINE_RATE
"""A voice without an id is dropped after this long without speech."""

ENOUGH: Final = 14_400
"""0.9 s of a new speaker is enough for a window at once; with less, it waits."""
GUARD: Final = 2_000
"""0.125 s, the uncertainty of a cut: a window should miss some of its own speaker's audio rather than include
another's."""
LATELY: Final = 6_400
"""A window belongs to the speaker who took over in it if that was at least 0.4 s before its end."""


class Turn(NamedTuple):
    """The speaker of one window."""

    number: int
    """Speaker's number: 0 for "speaker_a" …"""
    sure: bool
    """Whether its newest speech is certainly that speaker's; if not, this is the last certain speaker."""
    changed: bool
    """Whether the previous window was another speaker's."""
    joined: tuple[tuple[int, int], ...] = ()
    """(number, into): speakers found to be one person."""
    known: tuple[int, ...] = (0,)
    """All speakers still known."""


@dataclass(frozen=True, slots=True, eq=False)
class Speakers:
    """What is known about a session's voices."""

    voices: tuple[Speaker, ...] = ()
    keys: int = 0
    """Number of keys assigned so far."""
    names: int = 0
    """Number of ids assigned so far."""
    current: int = 0
    """Number of the last speaker who was identified with certainty."""
    speaking: int = -1
    """Key of the voice that spoke last; −1 if it is unknown."""

    def freeze(self) -> dict[str, Any]:
        """Return the state in a form msgpack can write, at most 45 kB."""
        return {
            "voices": [voice.freeze() for voice in self.voices],
            "keys": self.keys,
            "names": self.names,
            "current": self.current,
            "speaking": self.speaking,
        }

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "Speakers":
        """Read what `freeze` wrote."""
        return cls(
            tuple(Speaker.thaw(voice) for voice in frozen["voices"]),
            frozen["keys"],
            frozen["names"],
            frozen["current"],
            frozen["speaking"],
        )


class Placed(NamedTuple):
    """The voice that a part was attributed to."""

    begin: int
    fresh: float
    key: int
    """−1 if uncertain."""


def speaker_id(number: int) -> str:
    """Return the id of a number: 0 → "speaker_a" … 25 → "speaker_z", 26 → "speaker_aa"."""
    letters = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return f"speaker_{letters}"


def attribute_window(
    state: Speakers, window: Window, slices: list[Slice], *, last: bool
) -> tuple[Speakers, Turn | None, int]:
    """Return the window's turn, and the position at which the speaker began: within the window, or its start.

    slices: those of the window, in order. last: whether the utterance is over. The turn is None if another voice has
    begun but too little of it has been heard, so that the window should wait; never if `last`.
    """
    speaking, placed = state.speaking, list[Placed]()
    for slice_ in slices:
        state, parts = _place(state, slice_)
        placed += parts
    state, placed = _named(state, placed, window.audio_end)
    names = {voice.key: voice.number for voice in state.voices if voice.named}
    began = _took_over(names, speaking, placed, window.start)
    left = window.audio_end - began
    if placed and placed[-1].key >= 0:
        state = replace(state, speaking=placed[-1].key)
    if began > window.start and left < ENOUGH and not last:
        return state, None, began
    taken_over = began > window.start and left >= LATELY
    number, sure = _speaker(state, placed[-1:] if taken_over else placed)
    changed = number != state.current
    state, joined = _tidied(replace(state, current=number))
    known = tuple(voice.number for voice in state.voices if voice.named) or (0,)
    return state, Turn(state.current, sure, changed, joined, known), began if taken_over else window.start


def trimmed(window: Window, began: int) -> Window:
    """Cut off another speaker's audio before `began`, but keep at least the shortest window."""
    start = max(window.start, min(began, window.audio_end - SHORTEST_WINDOW))
    start += (window.audio_end - start) % LENGTH_STEP
    return window._replace(start=start, fresh=min(window.fresh, window.audio_end - start))


def _place(state: Speakers, slice_: Slice) -> tuple[Speakers, list[Placed]]:
    """Attribute each part to a voice and update the voice; an unknown part begins a new voice."""
    numbers = [voice.number for voice in state.voices]
    last = numbers.index(state.current) if state.current in numbers else None
    placed = []
    known = state.voices
    for part in attribute(slice_, [voice.centre for voice in known], last):
        if part.voice is not None:
            voice = known[part.voice]
            state = _with(state, _taught(voice, part))
            placed.append(Placed(part.begin, part.fresh, voice.key))
        elif part.seconds >= LEAST_SECONDS or not state.voices:
            placed.append(Placed(part.begin, part.fresh, state.keys))
            state = _with_stranger(state, part)
        else:
            placed.append(Placed(part.begin, part.fresh, -1))
    return state, placed


def _taught(voice: Speaker, part: Part) -> Speaker:
    sure = part.likeness >= (SURE if voice.named else STRANGE)
    if not sure or part.seconds < LEAST_SECONDS or part.fresh <= 0:
        return voice
    return voice.heard(part.voiceprint, part.fresh, part.begin, keep=part.seconds >= KEPT_SECONDS)


def _with(state: Speakers, voice: Speaker) -> Speakers:
    return replace(state, voices=tuple(voice if known.key == voice.key else known for known in state.voices))


def _with_stranger(state: Speakers, part: Part) -> Speakers:
    """Begin a new voice; the session's first one gets its id at once."""
    first = not state.voices
    number = state.names if first else UNNAMED
    voice = Speaker.first_heard(state.keys, number, part.voiceprint, part.seconds, part.begin)
    unnamed = [known for known in state.voices if not known.named]
    gone = min(unnamed, key=lambda known: (known.last, known.key)).key if len(unnamed) >= MOST_UNNAMED else -1
    kept = tuple(known for known in state.voices if known.key != gone)
    return replace(state, voices=(*kept, voice), keys=state.keys + 1, names=state.names + first)


def _named(state: Speakers, placed: list[Placed], position: int) -> tuple[Speakers, list[Placed]]:
    """Give voices without an id one, merge them into a speaker, or drop them."""
    for voice in [known for known in state.voices if not known.named]:
        alike, closest = max(
            ((voice.likeness(known), known) for known in state.voices if known.named), key=lambda pair: pair[0]
        )
        if (
            voice.looks >= LEAST_LOOKS
            and voice.seconds >= LEAST_NAMED
            and voice.seconds * (ALIKE - alike) >= NAMED_FROM
        ):
            state = replace(_with(state, replace(voice, number=state.names)), names=state.names + 1)
        elif voice.seconds >= LEAST_NAMED and alike >= SAME:
            state = _joined(state, voice, closest)
            placed = [p._replace(key=closest.key) if p.key == voice.key else p for p in placed]
        elif position - voice.last > FORGOTTEN:
            state = replace(state, voices=tuple(known for known in state.voices if known.key != voice.key))
    return state, placed


def _joined(state: Speakers, gone: Speaker, into: Speaker) -> Speakers:
    state = _with(state, into.joined(gone))
    return replace(
        state,
        voices=tuple(voice for voice in state.voices if voice.key != gone.key),
        speaking=into.key if state.speaking == gone.key else state.speaking,
        current=into.number if gone.named and state.current == gone.number else state.current,
    )


def _took_over(names: dict[int, int], speaking: int, placed: list[Placed], start: int) -> int:
    """Return where the final speaker took over from another voice; `start` if none did or it is uncertain.

    names: numbers of the voices that have one. speaking: key of the previous voice.
    """
    keys = [speaking, *(part.key for part in placed)]
    for part, before in reversed(list(zip(placed, keys, strict=False))):
        if part.key not in names:
            break
        if before >= 0 and before != part.key:
            return part.begin + GUARD if part.begin > start else start
    return start


def _speaker(state: Speakers, placed: list[Placed]) -> tuple[int, bool]:
    """Return the speaker of the largest part, and whether the attribution is certain.

    Uncertain speech is attributed to the last speaker who was identified with certainty.
    """
    names = {voice.key: voice.number for voice in state.voices if voice.named}
    spoken: dict[int, float] = {}
    for part in placed:
        number = names.get(part.key, state.current)
        spoken[number] = spoken.get(number, 0.0) + part.fresh
    number = max(spoken, key=lambda name: spoken[name], default=state.current)
    return number, any(names.get(part.key) == number for part in placed)


def _tidied(state: Speakers) -> tuple[Speakers, tuple[tuple[int, int], ...]]:
    """Split any speaker that is really two people, merge any that are one person, and drop those over the limit."""
    spoke = next((voice for voice in state.voices if voice.named and voice.key == state.speaking), None)
    if spoke is not None:
        halves = spoke.divided(state.keys, state.names)
        if halves is not None:
            state = _with(state, halves[0])
            state = replace(state, voices=(*state.voices, halves[1]), keys=state.keys + 1, names=state.names + 1)
    joined = []
    while (pair := _same(state)) is not None:
        into, gone = pair
        joined.append((gone.number, into.number))
        state = _joined(state, gone, into)
    named = sorted((voice for voice in state.voices if voice.named), key=lambda voice: (voice.last, voice.key))
    surplus = [voice.key for voice in named if voice.number != state.current][: max(0, len(named) - MOST_NAMED)]
    return replace(state, voices=tuple(v for v in state.voices if v.key not in surplus)), tuple(joined)


def _same(state: Speakers) -> tuple[Speaker, Speaker] | None:
    """Return two speakers who are one person, the one with the older id first."""
    known = [voice for voice in state.voices if voice.named and voice.seconds >= SAME_SECONDS]
    known.sort(key=lambda voice: voice.number)
    pairs = ((one, other) for place, one in enumerate(known) for other in known[place + 1 :])
    return next((pair for pair in pairs if pair[0].likeness(pair[1]) >= SAME), None)

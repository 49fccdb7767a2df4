"""Figures of the text tone model on comments that it was neither fitted to nor tuned on, and its card."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.words.text_tone import NEVER, OUTCOMES, POLARITIES, TextTone
from training.data.comments import Comment
from training.figures.outcome import calibration_error
from training.figures.text_outcome import AFFECT_RIGHT, FEWEST_SAID, RIGHT, SUMS, polarities_of, probabilities

MACRO_F1_BAR: Final = 0.66
CALIBRATION_BAR: Final = 0.05

DATA: Final = (
    "GoEmotions (Demszky et al. 2020, https://arxiv.org/abs/2005.00547; Google Research, CC BY 4.0): 43,410 comments "
    "from Reddit for training and 5,426 for tuning, labelled by readers with 27 emotions or neutral. Changes: names of "
    "people and religions left out, emotions grouped. The comments are not part of the model."
)
LIMITS: Final = (
    "It reads English only.",
    "It was trained on written internet English. Nobody has measured how well it reads what people say aloud.",
    "It counts words. Irony, quotations, and what “that” refers to are beyond it: “great, another bill” is positive.",
    "Its labels are what readers of a comment understood, not what the writer felt; it says nothing about a speaker.",
    "Whether people who hear a recording agree with it has not been measured.",
)


def as_spoken(text: str) -> str:
    """Return the text as bare words: lower case, without punctuation, digits and emoji."""
    return " ".join(re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text.lower()))


def figures(model: TextTone, comments: Sequence[Comment]) -> dict[str, Any]:
    """Measure. Comments that are both positive and negative have no polarity to be right about; they are left out."""
    scored = [comment for comment in comments if comment.polarity is not None]
    spoken = [comment._replace(text=as_spoken(comment.text)) for comment in scored]
    plain = [not comment.ambiguous for comment in scored]
    written_shares, outcomes, truth = (
        probabilities(model, scored) @ SUMS,
        probabilities(model, spoken),
        polarities_of(scored),
    )
    shares = outcomes @ SUMS
    return {
        "comments": len(scored),
        "mixed_left_out": len(comments) - len(scored),
        "as_spoken": _polarity(shares, truth),
        "as_written": _polarity(written_shares, truth),
        "ambiguous_left_out": _polarity(shares[plain], truth[plain]),
        "given": _given(model, spoken, truth),
        "sure": _sure(model, shares, truth),
        "affects": _affects(model, spoken),
    }


def card(model: TextTone, data_sha256: str, measured: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of text_tone.json."""
    return {
        "name": "text_tone",
        "licence": "CC-BY-4.0",
        "data": DATA,
        "data_sha256": data_sha256,
        "sure": model.sure,
        "floors": {
            outcome.affect: round(float(floor), 2)
            for outcome, floor in zip(OUTCOMES, model.floors, strict=True)
            if outcome.affect is not None and floor < NEVER
        },
        "figures": measured,
        "limits": list(LIMITS),
    }


def write_card(path: Path, content: Mapping[str, Any]) -> None:
    """Write the card, and the same for people beside it with the ending .md."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    path.write_text(text, encoding="utf-8")
    path.with_suffix(".md").write_text(_markdown(content), encoding="utf-8")


def _polarity(shares: NDArray[np.float64], truth: NDArray[np.int64]) -> dict[str, Any]:
    said, confidence = shares.argmax(axis=1), shares.max(axis=1)
    scores = [_f1(said == place, truth == place) for place in range(len(POLARITIES))]
    return {
        "macro_f1": round(float(np.mean(scores)), 4),
        "f1": {polarity: round(score, 4) for polarity, score in zip(POLARITIES, scores, strict=True)},
        "right": _share(said == truth),
        "calibration_error": round(calibration_error(confidence, said == truth), 4),
    }


def _f1(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return float(2 * (said & true).sum() / max(1, said.sum() + true.sum()))


def _share(right: NDArray[np.bool_]) -> float | None:
    return round(float(right.mean()), 4) if len(right) else None


def _given(model: TextTone, comments: Sequence[Comment], truth: NDArray[np.int64]) -> dict[str, Any]:
    said = [model.of(comment.text) for comment in comments]
    right = [tone.polarity == POLARITIES[place] for tone, place in zip(said, truth, strict=True) if tone is not None]
    return {"share": _share(np.array([tone is not None for tone in said])), "right": _share(np.array(right))}


def _sure(model: TextTone, shares: NDArray[np.float64], truth: NDArray[np.int64]) -> dict[str, Any]:
    said, sure = shares.argmax(axis=1), shares.max(axis=1) >= model.sure
    rows: dict[str, Any] = {}
    for place, polarity in enumerate(POLARITIES):
        chosen = sure & (said == place)
        rows[polarity] = {"said": int(chosen.sum()), "right": _share(truth[chosen] == place)}
    return rows


def _affects(model: TextTone, comments: Sequence[Comment]) -> dict[str, Any]:
    said = [tone.affect if (tone := model.of(comment.text)) else None for comment in comments]
    rows: dict[str, Any] = {}
    for outcome in OUTCOMES:
        right = [
            outcome.name in comment.outcomes
            for comment, affect in zip(comments, said, strict=True)
            if affect == outcome.affect
        ]
        if outcome.affect is not None and right:
            rows[outcome.affect] = {"said": len(right), "right": _share(np.array(right))}
    return rows


def _markdown(content: Mapping[str, Any]) -> str:
    lines = [
        "# Text tone",
        "",
        "Polarity and affect of an utterance's words. How it is built and used: docs/design/speech/text-tone.md.",
        "",
        f"Licence of the weights: {content['licence']}. Written by `./manage.sh python -m training.train_text_tone`; "
        "do not edit.",
        "",
        f"**Data.** {content['data']} SHA-256 of its files: `{content['data_sha256']}`.",
        "",
        *_polarity_lines(content["figures"]),
        f"**Sure**: a confidence of at least {content['sure']}, from which {_percent(RIGHT)} of the positive and of "
        "the negative ones were right on the dev split.",
        "",
        *_said_lines("sure polarity", content["figures"]["sure"]),
        f"**Affects**, given from a probability at which {_percent(AFFECT_RIGHT)} were right on the dev split (of at "
        f"least {FEWEST_SAID}). One that is not listed is never given.",
        "",
        *_said_lines("affect", content["figures"]["affects"]),
        "**Limits.**",
        "",
        *(f"- {limit}" for limit in content["limits"]),
    ]
    return "\n".join(lines) + "\n"


def _polarity_lines(measured: Mapping[str, Any]) -> list[str]:
    rows = {
        "as spoken": measured["as_spoken"],
        "as written": measured["as_written"],
        "as spoken, without ambiguous comments": measured["ambiguous_left_out"],
    }
    return [
        f"**Measured** on {measured['comments']} comments of GoEmotions' test split; {measured['mixed_left_out']} more "
        "are both positive and negative and left out. The weights were fitted to the training split; settings, "
        "temperature and floors were chosen on the dev split. *As spoken*: lower case, no punctuation, digits or "
        "emoji. No abstention.",
        "",
        "| text | macro-F1 | negative | neutral | positive | right | calibration error |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {name} | {row['macro_f1']:.3f} | "
            + "".join(f"{row['f1'][each]:.3f} | " for each in ("negative", "neutral", "positive"))
            + f"{_percent(row['right'])} | {row['calibration_error']:.3f} |"
            for name, row in rows.items()
        ),
        "",
        f"With abstention, {_percent(measured['given']['share'])} of the comments get a polarity; "
        f"{_percent(measured['given']['right'])} of these are right.",
        "",
    ]


def _said_lines(heading: str, rows: Mapping[str, Any]) -> list[str]:
    cells = (f"| {name} | {row['said']} | {_percent(row['right'])} |" for name, row in rows.items())
    return [f"| {heading} | said | right |", "|---|---|---|", *cells, ""]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}".replace("%", " %")

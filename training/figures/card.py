"""The model card: open.json is served by GET /model, and open.md says the same for people."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from classifier_worker.speech.models.embedding import FEATURES
from classifier_worker.speech.tone.tone_head import ToneHead
from training.data.recipe import Recipe
from training.figures.outcome import FLOOR, mean_of
from training.figures.pictures import reliability, save

LIMITS: Final = (
    "The ordinary speech has not been rated by people: it is taken to be even, as most of it is. How often a real, "
    "unacted tone is missed or right could not be measured.",
    "It knows marked tones only from actors. It misses most restrained tones: it says nothing, or calls the voice "
    "even.",
    "Tone is judged relative to the speaker. A new voice gets no marked tone in its first seconds.",
    "If someone keeps one tone all the time, it cannot know how they sound otherwise, and says little.",
    "It says how a voice sounds to listeners, not what a person feels, means or is. It must not be used to judge, "
    "rate, select or monitor people.",
    "Autistic and other neurodivergent speakers, and people who speak with flat or unusual prosody, may be misread.",
)


PICTURES: Final = "reliability"
"""Folder of the diagrams, beside the cards."""


def card(recipe: Recipe, head: ToneHead, data_sha256: str, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Build what GET /model serves. figures: of `report.measured`; empty for a model that was not measured."""
    return {
        "name": recipe.name,
        "licence": recipe.licence,
        "encoder": f"{FEATURES} (OpenAI, MIT; 3D-Speaker, Apache-2.0)",
        "data": recipe.data,
        "data_sha256": data_sha256,
        "affects": list(head.affects),
        "never_said": sorted(set(recipe.affects.values()) - set(head.affects)),
        "floors": {affect: max(FLOOR, floor) for affect, floor in zip(head.affects, head.floors, strict=True)},
        "figures": _finite(figures),
        "calibration": "Confidence is the share of right answers in a stream of 85 % ordinary and 15 % marked speech. "
        f"{recipe.trust}",
        "limits": [*LIMITS, *recipe.limits],
    }


def _finite(figures: Any) -> Any:
    """Replace NaN, which JSON does not have, by None."""
    if isinstance(figures, Mapping):
        return {name: _finite(value) for name, value in figures.items()}
    return None if isinstance(figures, float) and math.isnan(figures) else figures


def write_card(folder: Path, content: dict[str, Any], measured: Any) -> None:
    """Write {name}.json, {name}.md and, for a measured model, its reliability diagrams into `folder`."""
    rewrite_card(folder, content)
    if measured is None:
        return
    for affect in content["figures"]["affects"]:
        chosen = measured.affect == affect
        title = f"“{content['name']}”: {affect}, speech never trained on"
        picture = reliability(measured.confidence[chosen], measured.right[chosen], title, FLOOR)
        save(picture, folder / PICTURES / f"{content['name']}-{affect}.png")


def rewrite_card(folder: Path, content: dict[str, Any]) -> None:
    """Write {name}.json and {name}.md."""
    path = folder / f"{content['name']}.json"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(_markdown(content), encoding="utf-8")


def _markdown(content: Mapping[str, Any]) -> str:
    figures = content["figures"]
    was_measured = "everyday" in figures
    return "\n".join(
        [
            f"# Tone model “{content['name']}”",
            "",
            f"Licence of the weights: {content['licence']}. Encoders: {content['encoder']}, both frozen. "
            "Written by `./manage.sh python -m training.train`; do not edit.",
            "",
            *(_everyday(figures) if was_measured else _of_own(figures)),
            f"**Data.** {content['data']} SHA-256 of labels and clips: `{content['data_sha256']}`.",
            "",
            f"**Says.** {', '.join(content['affects'])}. Never said, since it would be right too seldom: "
            f"{', '.join(content['never_said']) or 'none'}.",
            "",
            f"**Calibration.** {content['calibration']}",
            "",
            *(_acted(content["name"], figures) if was_measured else []),
            "## Limits",
            "",
            *(f"- {limit}" for limit in content["limits"]),
            "",
        ]
    )


def _of_own(figures: Mapping[str, Any]) -> list[str]:
    """Report on your own model: how models trained without each speaker judge that speaker."""
    row = {"speakers left out": figures["speakers_left_out"]}
    return ["Not measured on ordinary talk.", "", *_rows(row, ACTED_COLUMNS), ""]


def _everyday(figures: Mapping[str, Any]) -> list[str]:
    stream = figures["stream"]
    return [
        "## In ordinary talk",
        "",
        "Speech that nobody acts, of people never trained on. A claim is an event of another affect than neutral or "
        "calm.",
        "",
        *_rows(
            figures["everyday"],
            {
                "minutes": "minutes",
                "claims_per_minute": "claims a minute",
                "sure_claims_per_minute": "claims at 0.8 and more a minute",
                "even_share": "windows called even",
            },
        ),
        "",
        f"In a stream of 85 % ordinary and 15 % marked speech {_percent(stream['right'])} of what is said is right and "
        f"{_percent(stream['claims_right'])} of the claims; the calibration error is "
        f"{_percent(stream['calibration_error'])}, of claims {_percent(stream['claims_calibration_error'])}.",
        "",
    ]


ACTED_COLUMNS: Final = {
    "said": "something is said",
    "right": "right of that",
    "marked_recognised": "marked tones recognised",
    "marked_called_even": "marked tones called even",
    "forced_uar": "right when an answer is forced (mean over tones)",
    "calibration_error": "calibration error",
}


def _acted(name: str, figures: Mapping[str, Any]) -> list[str]:
    lines = []
    titles = {
        "mixed": "Actors who change their tone from sentence to sentence",
        "one": "Actors who keep one tone",
        "mostly even": "Actors who mostly speak evenly",
    }
    for kind, rows in figures["acted"].items():
        mean = {"mean": {column: mean_of(rows, column) for column in ACTED_COLUMNS}}
        lines += [f"## {titles[kind]}", "", *_rows({**rows, **mean}, ACTED_COLUMNS), ""]
    return [
        *lines,
        "## Each affect, actors who change their tone",
        "",
        "Right: where they mean one of these affects; and where they mean any emotion of their corpus, fear, surprise, "
        "disgust and boredom too.",
        "",
        *_rows(
            figures["affects"],
            {"said": "times said", "right": "right", "right_of_every_emotion": "right, of every emotion"},
        ),
        "",
        *(f"![How often “{affect}” is right]({PICTURES}/{name}-{affect}.png)" for affect in figures["affects"]),
        "",
        *_fairness(figures),
        f"Nothing was decided on {' and '.join(figures['blind'])}: those figures are blind.",
        "",
    ]


def _fairness(figures: Mapping[str, Any]) -> list[str]:
    """Report on other manners of voice and other languages; empty if not measured yet."""
    if "manners" not in figures:
        return []
    manners = figures["manners"]
    usual = next(iter(manners.values()))
    more = {manner: {affect: 100 * (row[affect] - usual[affect]) for affect in row} for manner, row in manners.items()}
    affects = list(usual)
    return [
        "## Other voices and languages",
        "",
        "Neutral speech of the same actors, resynthesised in other manners that a speaker keeps all the time: share of "
        "windows in which each tone is said, and points more than of the untouched speech.",
        "",
        "| | " + " | ".join(affects) + " |",
        "|---" * (len(affects) + 1) + "|",
        *(
            f"| {manner} | "
            + " | ".join(f"{_percent(row[affect])} ({more[manner][affect]:+.1f})" for affect in affects)
            + " |"
            for manner, row in manners.items()
        ),
        "",
        "Ordinary speech by language:",
        "",
        *_rows(
            figures["languages"],
            {"minutes": "minutes", "claims_per_minute": "claims a minute", "even_share": "windows called even"},
        ),
        "",
    ]


def _rows(rows: Mapping[str, Mapping[str, Any]], columns: Mapping[str, str]) -> list[str]:
    lines = ["| | " + " | ".join(columns.values()) + " |", "|---" * (len(columns) + 1) + "|"]
    return [
        *lines,
        *(f"| {row} | " + " | ".join(_cell(n, values[n]) for n in columns) + " |" for row, values in rows.items()),
    ]


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    counted = name in {"minutes", "claims_per_minute", "sure_claims_per_minute"} or isinstance(value, int)
    return f"{value:g}" if counted else _percent(value)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"

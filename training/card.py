"""The model card: open.json is what GET /model serves, open.md says the same to people."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from classifier_worker.speech.embedding import FEATURES
from classifier_worker.speech.tone_head import ToneHead
from training.evaluate import FLOOR, LONG, mean_uar
from training.metrics import Answers, joined
from training.recipe import Recipe

LIMITS: Final = (
    "It was trained on acted emotion. Everyday speech is subtler: expect fewer right answers there than these figures.",
    "Tone is heard relative to the speaker. The first few utterances of a new voice are compared with an average "
    "voice and are less certain; a person who always sounds tense comes to count as usual for that person.",
    "It says how a voice sounds to listeners, not what a person feels, means or is. It must not be used to judge, "
    "rate, select or monitor people.",
    "Autistic and other neurodivergent speakers, and people who speak with flat or unusual prosody, may be misread.",
    "Affects weighed alike in training. Where one of them is much more common than the others, confidence in the rare "
    "ones is too high.",
)


def figures(answers: Answers) -> dict[str, Any]:
    """Shares 0…1."""
    return {
        "uar": _share(answers.uar()),
        "recall": {str(name): _share(answers.recall(str(name))) for name in np.unique(answers.truth)},
        "calibration_error": _share(answers.calibration_error()),
        "calibration_error_over_floor": _share(answers.over(FLOOR).calibration_error()),
        "coverage_at_floor": _share(answers.lasting(LONG).coverage(FLOOR)),
        "accuracy_over_floor": _share(answers.accuracy_over(FLOOR)),
    }


def _share(value: float) -> float | None:
    """To four decimals; None where there was no clip to tell it by."""
    return None if np.isnan(value) else round(value, 4)


def card(
    recipe: Recipe,
    head: ToneHead,
    held_out: float,
    speakers: dict[str, dict[str, Answers]],
    unseen: dict[str, dict[str, Answers]],
) -> dict[str, Any]:
    """What GET /model serves. `held_out`: the temperature that would calibrate what was left out of training;
    `speakers`: what is answered to speakers left out, `unseen`: to corpora left out."""
    free = {corpus: answers["all"] for corpus, answers in unseen.items()}
    odds = ", ".join(f"{affect} {odds}" for affect, odds in recipe.odds.items()) or "even"
    return {
        "name": recipe.name,
        "licence": recipe.licence,
        "encoder": f"{FEATURES} (OpenAI, MIT; 3D-Speaker, Apache-2.0)",
        "data": recipe.data,
        "affects": list(head.affects),
        "figures": {
            "floor": FLOOR,
            "unseen_mean_uar_four_affects": round(mean_uar(unseen), 4),
            "unseen_four_affects": {corpus: figures(answers["four"]) for corpus, answers in unseen.items()},
            "unseen_all_affects": {corpus: figures(answers) for corpus, answers in free.items()},
            "unseen_all_affects_together": figures(joined(list(free.values()))),
            "speakers_left_out_mean_uar": {
                among: round(float(np.mean([answers.uar() for answers in rows.values()])), 4)
                for among, rows in speakers.items()
            },
            "speakers_left_out": {
                among: {corpus: figures(answers) for corpus, answers in rows.items()}
                for among, rows in speakers.items()
            },
        },
        "calibration": f"Temperature {head.temperature}; what was left out of training would allow {held_out}. "
        f"{recipe.calibration} Prior odds: {odds}.",
        "limits": [*LIMITS, *recipe.limits],
    }


def write_card(folder: Path, content: dict[str, Any]) -> None:
    """Writes {name}.json and {name}.md into `folder`."""
    path = folder / f"{content['name']}.json"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    path.with_suffix(".md").write_text(_markdown(content))


def _markdown(content: dict[str, Any]) -> str:
    shown = content["figures"]
    sets = {
        **{f"{corpus}, speakers left out": row for corpus, row in shown["speakers_left_out"]["all"].items()},
        **{f"{corpus}, never trained on": row for corpus, row in shown["unseen_all_affects"].items()},
        "all corpora never trained on": shown["unseen_all_affects_together"],
    }
    means = shown["speakers_left_out_mean_uar"]
    lines = [
        f"# Tone model “{content['name']}”",
        "",
        f"Licence of the weights: {content['licence']}. Encoders: {content['encoder']}, both frozen. "
        "Written by `python -m training.train`; do not edit.",
        "",
        f"**Data.** {content['data']}",
        "",
        f"**Says.** {', '.join(content['affects'])}.",
        "",
        f"**Calibration.** {content['calibration']}",
        "",
        "## Figures",
        "",
        "On speakers and corpora never trained on, choosing among neutral, warm, sad and frustrated, unweighted "
        f"average recall is **{100 * shown['unseen_mean_uar_four_affects']:.1f} %** ("
        + ", ".join(f"{corpus} {100 * row['uar']:.1f} %" for corpus, row in shown["unseen_four_affects"].items())
        + "; chance is 25 %). A speaker's clips come in ten random orders from a cold start; each is answered before "
        "it updates the speaker's baseline. A corpus that the model was trained on is measured with a model that was "
        "trained without it.",
        "",
        "On speakers left out, other speakers of the corpora trained on, mean over corpora: "
        + ", ".join(f"{among} affects {100 * uar:.1f} %" for among, uar in means.items())
        + ". (EmoDB where it is the only corpus: the first 2 s of each clip.)",
        "",
        "With every affect of the model allowed:",
        "",
        f"| | UAR | said at floor {shown['floor']}, of clips with ≥ {LONG:.0f} s of speech | right of what is said | "
        "calibration error | of what is said |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in sets.items():
        keys = ("uar", "coverage_at_floor", "accuracy_over_floor", "calibration_error", "calibration_error_over_floor")
        parts = (row[key] for key in keys)
        lines.append(
            f"| {name} | " + " | ".join("–" if part is None else f"{100 * part:.1f} %" for part in parts) + " |"
        )
    lines += ["", "Recall of each affect:", "", "| | " + " | ".join(content["affects"]) + " |"]
    lines.append("|---" * (len(content["affects"]) + 1) + "|")
    for name, row in sets.items():
        recalls = (row["recall"].get(affect) for affect in content["affects"])
        lines.append(f"| {name} | " + " | ".join("–" if r is None else f"{100 * r:.0f} %" for r in recalls) + " |")
    lines += ["", "## Limits", "", *(f"- {limit}" for limit in content["limits"]), ""]
    return "\n".join(lines)

"""The model card: open.json is what GET /model serves, open.md says the same to people."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from classifier_worker.speech.encoder_build import FEATURES
from classifier_worker.speech.tone_head import ToneHead
from training.evaluate import FLOOR, mean_uar
from training.metrics import Answers, joined
from training.recipe import Recipe

LIMITS = (
    "It was trained on acted emotion. Everyday speech is subtler: expect fewer right answers there than these figures.",
    "Its training voices are ten German speakers recorded in one studio. Figures for unseen corpora (English and "
    "Polish) show what is lost elsewhere; other languages, children, and ill or atypical voices were not measured.",
    "Tone is heard relative to the speaker. The first few utterances of a new voice are compared with an average "
    "voice and are less certain; a person who always sounds tense comes to count as usual for that person.",
    "It says how a voice sounds to listeners, not what a person feels, means or is. It must not be used to judge, "
    "rate, select or monitor people.",
    "Autistic and other neurodivergent speakers, and people who speak with flat or unusual prosody, may be misread.",
    "'dismissive' rests on acted disgust and boredom, of which most clips are only 2 s long; it is the affect with "
    "the weakest meaning. calm and surprised are never said by this model.",
    "Affects weighed alike in training and calibration. Where one of them is much more common than the others, "
    "confidence in the rare ones is too high.",
)


def figures(answers: Answers) -> dict[str, Any]:
    """Shares 0…1 to four decimals."""
    return {
        "uar": round(answers.uar(), 4),
        "recall": {str(name): round(answers.recall(str(name)), 4) for name in np.unique(answers.truth)},
        "calibration_error": round(answers.calibration_error(), 4),
        "coverage_at_floor": round(answers.coverage(FLOOR), 4),
        "accuracy_over_floor": round(answers.accuracy_over(FLOOR), 4),
    }


def card(
    recipe: Recipe, head: ToneHead, held_out: float, within: Answers, unseen: dict[str, dict[str, Answers]]
) -> dict[str, Any]:
    """What GET /model serves. `held_out`: the temperature that would calibrate speakers left out of training."""
    free = {corpus: answers["all"] for corpus, answers in unseen.items()}
    return {
        "name": recipe.name,
        "licence": recipe.licence,
        "encoder": f"{FEATURES} (OpenAI, MIT)",
        "data": recipe.data,
        "affects": list(head.affects),
        "figures": {
            "floor": FLOOR,
            "unseen_mean_uar_four_affects": round(mean_uar(unseen), 4),
            "unseen_four_affects": {corpus: figures(answers["four"]) for corpus, answers in unseen.items()},
            "unseen_all_affects": {corpus: figures(answers) for corpus, answers in free.items()},
            "unseen_all_affects_together": figures(joined(list(free.values()))),
            "within_emodb_speakers_left_out": figures(within),
        },
        "calibration": f"Temperature {head.temperature}. Speakers left out of training would allow {held_out}, but "
        "they share studio, sentences and language with the others; answers are never made sharper than they were "
        "trained, so confidence is too low on speech like the training data and about right on the corpora never "
        "trained on. That rule and the prior odds were not fitted, but were set after a first version had been seen to "
        "be overconfident on those corpora: their calibration errors are not a blind test. "
        "Prior odds: " + (", ".join(f"{affect} {odds}" for affect, odds in recipe.odds.items()) or "even") + ".",
        "limits": list(LIMITS),
    }


def write_card(folder: Path, content: dict[str, Any]) -> None:
    """Writes {name}.json and {name}.md into `folder`."""
    path = folder / f"{content['name']}.json"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    path.with_suffix(".md").write_text(_markdown(content))


def _markdown(content: dict[str, Any]) -> str:
    shown = content["figures"]
    sets = {
        "EmoDB, speakers left out, first 2 s of each clip": shown["within_emodb_speakers_left_out"],
        **{f"{corpus}, never trained on": row for corpus, row in shown["unseen_all_affects"].items()},
        "both unseen corpora together": shown["unseen_all_affects_together"],
    }
    lines = [
        f"# Tone model “{content['name']}”",
        "",
        f"Licence of the weights: {content['licence']}. Encoder: {content['encoder']}, frozen. "
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
        f"On speakers, languages and corpora never trained on (RAVDESS, English, and nEMO, Polish; choosing among "
        f"neutral, warm, sad and frustrated), unweighted average recall is "
        f"**{100 * shown['unseen_mean_uar_four_affects']:.1f} %** ("
        + ", ".join(f"{corpus} {100 * row['uar']:.1f} %" for corpus, row in shown["unseen_four_affects"].items())
        + "; chance is 25 %). A speaker's clips come in ten random orders from a cold start; each is answered before "
        "it updates the speaker's baseline.",
        "",
        "With every affect of the model allowed:",
        "",
        f"| | UAR | said at floor {shown['floor']} | right of those | calibration error |",
        "|---|---|---|---|---|",
    ]
    for name, row in sets.items():
        parts = (row[key] for key in ("uar", "coverage_at_floor", "accuracy_over_floor", "calibration_error"))
        lines.append(f"| {name} | " + " | ".join(f"{100 * part:.1f} %" for part in parts) + " |")
    lines += ["", "Recall of each affect:", "", "| | " + " | ".join(content["affects"]) + " |"]
    lines.append("|---" * (len(content["affects"]) + 1) + "|")
    for name, row in sets.items():
        recalls = (row["recall"].get(affect) for affect in content["affects"])
        lines.append(f"| {name} | " + " | ".join("–" if r is None else f"{100 * r:.0f} %" for r in recalls) + " |")
    lines += ["", "## Limits", "", *(f"- {limit}" for limit in content["limits"]), ""]
    return "\n".join(lines)

"""The model card: open.json is what GET /model serves, open.md says the same to people."""

import json
from pathlib import Path
from typing import Any, Final

from classifier_worker.speech.embedding import FEATURES
from classifier_worker.speech.tone_head import ToneHead
from training.answering import together
from training.figures import FLOOR, KIND_FIGURES, LONG, Views, by_kind, figures, mean_figure, mean_uar, view
from training.pictures import confusion, reliability, save
from training.recipe import Recipe

LIMITS: Final = (
    "It was trained on acted emotion. Everyday speech is subtler: expect fewer right answers there than these figures.",
    "Tone is heard relative to the speaker. The first few utterances of a new voice are compared with an average "
    "voice and are less certain.",
    "Of somebody who keeps one tone all the time it cannot know how they sound otherwise. It says less then, but what "
    "it says is right less often than its confidence says; and a person who always sounds tense may come to count as "
    "usual.",
    "It says how a voice sounds to listeners, not what a person feels, means or is. It must not be used to judge, "
    "rate, select or monitor people.",
    "Autistic and other neurodivergent speakers, and people who speak with flat or unusual prosody, may be misread.",
    "Affects weighed alike in training. Where one of them is much more common than the others, confidence in the rare "
    "ones is too high.",
)


def card(recipe: Recipe, head: ToneHead, data_sha256: str, speakers: Views, corpora: Views) -> dict[str, Any]:
    """What GET /model serves. `speakers`: what came of speakers left out of training, `corpora`: of corpora left out
    (empty where a model has but one)."""
    odds = ", ".join(f"{affect} {odds}" for affect, odds in recipe.odds.items()) or "even"
    left_out = {
        among: {corpus: figures(measured) for corpus, measured in rows.items()} for among, rows in speakers.items()
    }
    return {
        "name": recipe.name,
        "licence": recipe.licence,
        "encoder": f"{FEATURES} (OpenAI, MIT; 3D-Speaker, Apache-2.0)",
        "data": recipe.data,
        "data_sha256": data_sha256,
        "affects": list(head.affects),
        "figures": {
            "floor": FLOOR,
            **(_unseen(corpora) if corpora else {}),
            "speakers_left_out_mean_uar": {among: round(mean_uar(rows), 4) for among, rows in speakers.items()},
            "speakers_left_out": left_out,
        },
        "calibration": f"Temperature {head.temperature}, for a stranger {head.caution} more; a baseline is believed "
        f"by half where tones lie {head.variety} apart. {recipe.trust} "
        f"Prior odds: {odds}.",
        "limits": [*LIMITS, *recipe.limits],
    }


def _unseen(corpora: Views) -> dict[str, Any]:
    four, free = view(corpora, "four"), view(corpora, "all")
    means = ("coverage_at_floor", "calibration_error_over_floor")
    of_four = {
        "unseen_four_affects": {corpus: figures(measured) for corpus, measured in four.items()},
        "unseen_four_affects_means": {name: mean_figure(four, name) for name in means},
    }
    return {
        **({"unseen_mean_uar_four_affects": round(mean_uar(four), 4), **of_four} if four else {}),
        "unseen_all_affects": {corpus: figures(measured) for corpus, measured in free.items()},
        "unseen_all_affects_means": {name: mean_figure(free, name) for name in means},
        "unseen_all_affects_together": figures(together(list(free.values()))),
        "unseen_sessions": {among: by_kind(corpora, among) for among in (("four", "all") if four else ("all",))},
    }


def write_card(folder: Path, content: dict[str, Any], corpora: Views, speakers: Views) -> None:
    """Writes {name}.json, {name}.md and the pictures of it into `folder`."""
    path = folder / f"{content['name']}.json"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    path.with_suffix(".md").write_text(_markdown(content))
    shown = together(list((view(corpora, "all") if corpora else speakers["all"]).values()))
    whom = "corpora" if corpora else "speakers"
    names = [affect for affect in content["affects"] if affect in set(shown.answers.truth)]
    title = f"“{content['name']}” on {whom} never trained on"
    truth, answer = shown.answers.truth, shown.answers.answer
    others = [affect for affect in content["affects"] if affect not in names]
    save(confusion(truth, answer, [*names, *others], title), _picture(path, "confusion"))
    right = shown.said.answer == shown.said.truth
    save(reliability(shown.said.confidence, right, title, FLOOR), _picture(path, "reliability"))


def _picture(card: Path, what: str) -> Path:
    return card.with_name(f"{card.stem}-{what}.png")


def _markdown(content: dict[str, Any]) -> str:
    shown = content["figures"]
    unseen = shown.get("unseen_all_affects", {})
    sets = {
        **{f"{corpus}, speakers left out": row for corpus, row in shown["speakers_left_out"]["all"].items()},
        **{f"{corpus}, never trained on": row for corpus, row in unseen.items()},
        **({"all corpora never trained on": shown["unseen_all_affects_together"]} if unseen else {}),
    }
    four = {f"{corpus}, never trained on": row for corpus, row in shown.get("unseen_four_affects", {}).items()}
    lines = [
        f"# Tone model “{content['name']}”",
        "",
        f"Licence of the weights: {content['licence']}. Encoders: {content['encoder']}, both frozen. "
        "Written by `./manage.sh python -m training.train`; do not edit.",
        "",
        f"**Data.** {content['data']} SHA-256 of labels and clips: `{content['data_sha256']}`.",
        "",
        f"**Says.** {', '.join(content['affects'])}.",
        "",
        f"**Calibration.** {content['calibration']}",
        "",
        "## Figures",
        "",
        *_headline(shown),
        *(["Choosing among neutral, warm, sad and frustrated:", "", *_rows(four, shown["floor"]), ""] if four else []),
        "With every affect of the model allowed:",
        "",
        *_rows(sets, shown["floor"]),
        "",
        *_kinds(shown.get("unseen_sessions", {})),
        "Recall of each affect:",
        "",
        "| | " + " | ".join(content["affects"]) + " |",
        "|---" * (len(content["affects"]) + 1) + "|",
    ]
    for name, row in sets.items():
        recalls = (row["recall"].get(affect) for affect in content["affects"])
        lines.append(f"| {name} | " + " | ".join("–" if r is None else f"{100 * r:.0f} %" for r in recalls) + " |")
    lines += [
        "",
        f"![What was meant, and what was answered]({content['name']}-confusion.png)",
        "",
        f"![How often what is said is right]({content['name']}-reliability.png)",
        "",
        "## Limits",
        "",
        *(f"- {limit}" for limit in content["limits"]),
        "",
    ]
    return "\n".join(lines)


def _headline(shown: dict[str, Any]) -> list[str]:
    left_out = shown["speakers_left_out_mean_uar"]
    means = ", ".join(f"{among} affects {100 * uar:.1f} %" for among, uar in left_out.items())
    speakers = (
        f"On speakers left out, other speakers of the corpora trained on, mean over corpora: {means}. (Of a corpus "
        "that is also trained on in other rooms, the first 2 s of each clip.)"
    )
    if "unseen_all_affects" not in shown:
        return [speakers, ""]
    if "unseen_mean_uar_four_affects" not in shown:
        free = {name: row["uar"] for name, row in shown["unseen_all_affects"].items()}
        each = ", ".join(f"{name} {100 * uar:.1f} %" for name, uar in free.items())
        return [
            "On speakers and corpora left out of training in turn, choosing among all affects that the other corpora "
            f"have, unweighted average recall is **{100 * sum(free.values()) / len(free):.1f} %** ({each}).",
            "",
            speakers,
            "",
        ]
    corpora = ", ".join(f"{name} {100 * row['uar']:.1f} %" for name, row in shown["unseen_four_affects"].items())
    return [
        "On speakers and corpora never trained on, choosing among neutral, warm, sad and frustrated, unweighted "
        f"average recall is **{100 * shown['unseen_mean_uar_four_affects']:.1f} %** ({corpora}; chance is 25 %). A "
        "speaker's clips come in ten random orders from a cold start; each is answered before it updates the speaker's "
        "baseline. A corpus that the model was trained on is measured with a model that was trained without it.",
        "",
        speakers,
        "",
        "UAR and recall are of clips. What is said is what the worker would say: windows smoothed, each with its "
        "confidence.",
        "",
    ]


def _kinds(sessions: dict[str, dict[str, dict[str, float | None]]]) -> list[str]:
    if not sessions:
        return []
    lines = [
        "Sessions in which tones are not evenly mixed, corpora never trained on, means over corpora: mostly one (four "
        "fifths), a dozen clips of one and then a dozen of another, one alone.",
        "",
        "| session, affects allowed | UAR | said | right of what is said | calibration error of what is said |",
        "|---|---|---|---|---|",
    ]
    for among, kinds in sessions.items():
        for kind, row in kinds.items():
            cells = ("–" if row[key] is None else f"{100 * (row[key] or 0):.1f} %" for key in KIND_FIGURES)
            lines.append(f"| {kind}, {among} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _rows(sets: dict[str, dict[str, Any]], floor: float) -> list[str]:
    lines = [
        f"| | UAR | said at floor {floor}, of clips with ≥ {LONG:.0f} s of speech | right of what is said | "
        "calibration error of all windows | of what is said |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in sets.items():
        keys = ("uar", "coverage_at_floor", "accuracy_over_floor", "calibration_error", "calibration_error_over_floor")
        parts = (row[key] for key in keys)
        lines.append(f"| {name} | " + " | ".join("–" if p is None else f"{100 * p:.1f} %" for p in parts) + " |")
    return lines

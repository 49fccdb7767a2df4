"""Cached features are used only for the clips and the code that they were made from."""

import ast
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from training.data.clips import Excerpt
from training.data.corpus import Clip
from training.features import feature_cache

ROOT = Path(__file__).resolve().parents[3]

Change = Callable[[list[Clip]], list[Clip]]


def recorded(folder: Path, seed: int, speakers: tuple[str, ...] = ("own/ann", "own/bob")) -> list[Clip]:
    """Clips of the same names and sizes whatever is heard in them."""
    rng = np.random.default_rng(seed)
    folder.mkdir(exist_ok=True)
    clips = []
    for number, speaker in enumerate(speakers):
        path = folder / f"{number}.wav"
        soundfile.write(path, 0.1 * rng.standard_normal(3_200), 16_000)
        clips.append(Clip(path, "own", speaker, "calm"))
    return clips


def name(clips: list[Clip], excerpt: Excerpt = "whole", condition: str = "clean", exact_air: bool = False) -> str:
    return feature_cache.name(clips, excerpt, condition, exact_air)


def test_two_folders_that_name_and_size_their_clips_alike_are_kept_apart(tmp_path: Path) -> None:
    assert name(recorded(tmp_path / "mine", 1)) != name(recorded(tmp_path / "yours", 2))


def test_the_same_clips_in_another_place_are_the_same(tmp_path: Path) -> None:
    clips = recorded(tmp_path / "mine", 1)
    shutil.copytree(tmp_path / "mine", tmp_path / "moved")
    moved = [Clip(tmp_path / "moved" / clip.path.name, clip.corpus, clip.speaker, clip.emotion) for clip in clips]
    assert name(moved) == name(clips)


def test_a_clip_edited_at_equal_length_is_noticed(tmp_path: Path) -> None:
    clips = recorded(tmp_path, 1)
    before, size = name(clips), clips[1].path.stat().st_size
    soundfile.write(clips[1].path, np.zeros(3_200), 16_000)
    assert clips[1].path.stat().st_size == size
    assert name(clips) != before


def test_a_speaker_counts_and_an_emotion_does_not(tmp_path: Path) -> None:
    """A speaker's name seeds the room that they speak in."""
    clips = recorded(tmp_path, 1)
    assert name([Clip(c.path, c.corpus, "own/cy", c.emotion) for c in clips]) != name(clips)
    assert name([Clip(c.path, c.corpus, c.speaker, "anger") for c in clips]) == name(clips)


def test_order_and_what_is_asked_count(tmp_path: Path) -> None:
    clips = recorded(tmp_path, 1)
    asked = [
        name(clips),
        name(clips[::-1]),
        name(clips[:1]),
        name(clips, excerpt="opening"),
        name(clips, condition="room"),
        name(clips, exact_air=True),
    ]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("corpus", ["my/home", "../up", "a b", "ü" * 300])
def test_it_is_a_file_name_whatever_the_corpus_is_called(tmp_path: Path, corpus: str) -> None:
    called = name([Clip(c.path, corpus, c.speaker, c.emotion) for c in recorded(tmp_path, 1)])
    (tmp_path / f"{called}.npz").touch()
    assert Path(called).name == called


@pytest.mark.parametrize(
    "source", [path.name for path in feature_cache.MADE_BY], ids=[path.stem for path in feature_cache.MADE_BY]
)
def test_changed_code_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    clips = recorded(tmp_path, 1)
    before = name(clips)
    changed = tmp_path / source
    sources = [path for path in feature_cache.MADE_BY if path.name == source]
    changed.write_text(sources[0].read_text() + "\n")
    monkeypatch.setattr(
        feature_cache, "MADE_BY", tuple(changed if path.name == source else path for path in feature_cache.MADE_BY)
    )
    assert name(clips) != before


def test_the_code_from_a_sound_file_to_its_features_is_all_there() -> None:
    """What these modules import of the project is among them, but for what only names things."""
    made_by = {module_of(path) for path in feature_cache.MADE_BY}
    naming = {
        "shared.audio": "is a rate",
        "training.data.corpus": "reads labels",
        "training.data.recipe": "gives the seed",
    }
    assert len(made_by) > 10
    assert imported() - made_by <= set(naming)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imported() -> set[str]:
    """Modules of the project that the code imports."""
    names: set[str] = set()
    for path in feature_cache.MADE_BY:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (ROOT / str(node.module).partition(".")[0]).is_dir():
                names |= {one for alias in node.names if (one := module_named(str(node.module), alias.name))}
    return names


def module_named(module: str, name: str) -> str | None:
    """The module itself, or the one of its modules that is named."""
    paths = {one: ROOT / f"{one.replace('.', '/')}.py" for one in (module, f"{module}.{name}")}
    return next((one for one, path in paths.items() if path.is_file()), None)

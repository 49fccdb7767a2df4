from collections.abc import Callable
from pathlib import Path

import pytest

from classifier_worker.speech.wording.vocabulary import FILES, as_json


@pytest.mark.parametrize(("path", "content"), FILES.items(), ids=[path.name for path in FILES])
def test_the_page_has_the_words_that_the_worker_says(path: Path, content: Callable[[], object]) -> None:
    assert path.read_text() == as_json(content()), (
        "run python -m classifier_worker.speech.wording.vocabulary, then translate what is new"
    )

"""Commands are written as they work in a fresh clone, where no Python but manage.sh's has what they import."""

import re

from tests.unit.project.imports import OURS, ROOT

_BARE = re.compile(r"(?<!/manage\.sh )(?<!/bin/)python -m (training|bench|tests)\b")


def test_development_commands_go_through_manage_sh() -> None:
    texts = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    texts += [path for package in OURS for ending in ("md", "py") for path in (ROOT / package).rglob(f"*.{ending}")]
    assert len(texts) > 300
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in texts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _BARE.search(line)
    ]
    assert bare == []

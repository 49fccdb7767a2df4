"""What the project's modules import, read from their source."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
OURS = {"linnet", "gateway", "classifier_worker", "shared", "ops", "training", "bench", "testkit", "tests"}


def imports(package: str) -> Iterator[tuple[str, str]]:
    """Every top-level name that the package's modules import, with the file that does."""
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.name.partition(".")[0], str(path.relative_to(ROOT))
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path} imports relatively"
                yield (node.module or "").partition(".")[0], str(path.relative_to(ROOT))

"""Print the longest functions and the largest folders: `./manage.sh python -m ops.structure`."""

import ast
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
SHOWN: Final = 5
UNCOUNTED: Final = ("docs/screenshots", "frontend/public", "tests/releases")
"""Folders of pictures and recordings."""


class Function(NamedTuple):
    """One function or method."""

    lines: int
    place: str
    """file:line name"""


def tracked() -> list[str]:
    """Return every file of the repository, relative to its root."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return listed.stdout.split("\n")[:-1]


def functions(file: str, source: str) -> Iterator[Function]:
    """Return the functions of one Python file, including nested ones."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function((node.end_lineno or node.lineno) - node.lineno + 1, f"{file}:{node.lineno} {node.name}")


def folders(files: list[str]) -> Counter[str]:
    """Count the files directly in each folder, without tests beside page sources."""
    counted = (file for file in files if not file.endswith(".test.ts") and not file.startswith(UNCOUNTED))
    return Counter(str(PurePosixPath(file).parent) for file in counted)


def main() -> None:
    files = tracked()
    sources = [file for file in files if file.endswith(".py") and not file.startswith("tests/")]
    longest = sorted((each for file in sources for each in functions(file, (ROOT / file).read_text())), reverse=True)
    print("Longest functions, lines:")
    for function in longest[:SHOWN]:
        print(f"  {function.lines:4}  {function.place}")
    print("Largest folders, by files directly in them:")
    for folder, count in folders(files).most_common(SHOWN):
        print(f"  {count:4}  {folder}")


if __name__ == "__main__":
    main()

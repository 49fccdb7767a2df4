"""The command that prints the longest functions and the largest folders counts what it says."""

from collections import Counter

from ops.structure import Function, folders, functions

SOURCE = """
class Partition:
    async def run(self) -> None:
        def inner() -> int:
            return 1

        print(inner())


def short() -> None: ...
"""


def test_functions_are_measured_with_nested_ones_among_them() -> None:
    found = sorted(functions("a.py", SOURCE), reverse=True)
    assert found == [Function(5, "a.py:3 run"), Function(2, "a.py:4 inner"), Function(1, "a.py:10 short")]


def test_folders_count_their_own_files_without_page_tests_and_pictures() -> None:
    files = [
        "gateway/app.py",
        "gateway/api/pin.py",
        "frontend/src/a.ts",
        "frontend/src/a.test.ts",
        "docs/screenshots/a.png",
    ]
    assert folders(files) == Counter({"gateway": 1, "gateway/api": 1, "frontend/src": 1})

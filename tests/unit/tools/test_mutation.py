"""Mutation testing: a stopped run can be resumed, and every fault matches existing source."""

from pathlib import Path

from tests.mutation.__main__ import misplaced
from tests.mutation.fates import Fates
from tests.mutation.mutants import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[3]


def test_every_fault_has_its_place_and_its_tests() -> None:
    assert misplaced(MUTANTS) == []
    assert len(MUTANTS) >= 60
    for mutant in MUTANTS:
        assert mutant.old != mutant.new
        assert [test for test in mutant.tests if not (ROOT / test.partition("::")[0]).is_file()] == []


def test_what_is_known_is_not_tried_again_until_source_or_tests_change(tmp_path: Path) -> None:
    (tmp_path / "source.py").write_text("a = 1\n")
    (tmp_path / "test_source.py").write_text("assert a == 1\n")
    mutant = Mutant("another value", "source.py", "1", "2", ("test_source.py::test_value",))
    file = tmp_path / "fates.jsonl"
    assert Fates(file).of(tmp_path, mutant) is None
    Fates(file).note(tmp_path, mutant, "survived")
    assert Fates(file).of(tmp_path, mutant) == "survived"
    (tmp_path / "test_source.py").write_text("assert a in (1, 3)\n")
    assert Fates(file).of(tmp_path, mutant) is None
    Fates(file).note(tmp_path, mutant, "killed")
    assert Fates(file).of(tmp_path, mutant) == "killed"
    (tmp_path / "source.py").write_text("a  = 1\n")
    assert Fates(file).of(tmp_path, mutant) is None

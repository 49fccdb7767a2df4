"""Which part of Linnet may import what. Gateways and workers meet in Redis and in shared/, nowhere else."""

import pytest

from tests.unit.imports import OURS, imports

MAY_IMPORT = {
    "shared": {"shared"},
    "gateway": {"gateway", "shared"},
    "classifier_worker": {"classifier_worker", "shared"},
    "training": {"training", "classifier_worker", "shared"},
    "ops": {"ops", "shared"},
}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_part_imports_only_what_lies_on_its_side(package: str) -> None:
    crossings = [(name, file) for name, file in imports(package) if name in OURS - MAY_IMPORT[package]]
    assert crossings == []

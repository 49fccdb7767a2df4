"""A metric that docs/reference/metrics.md does not list cannot be used by the person who watches Linnet."""

import re

from gateway.metrics import Metrics
from tests.unit.project.imports import ROOT


def test_every_metric_is_listed_and_no_other() -> None:
    page = (ROOT / "docs/reference/metrics.md").read_text()
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `linnet_")]
    listed = {re.sub(r"_total$", "", name) for row in rows for name in re.findall(r"`(linnet_\w+)", row)}
    defined = {family.name for family in Metrics().registry.collect() if family.name.startswith("linnet_")}
    assert listed == defined

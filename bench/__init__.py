"""Benchmarks: they print ratios against something measured in the same run, and are no tests."""

from shared import no_telemetry

no_telemetry.switch_off()

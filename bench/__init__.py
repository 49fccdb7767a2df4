"""Benchmarks: they print ratios to a reference measured in the same run, and are not tests."""

from shared import no_telemetry

no_telemetry.switch_off()

"""Every test. None of them lets ONNX Runtime report either."""

from shared import no_telemetry

no_telemetry.switch_off()

"""All tests. ONNX Runtime's telemetry is off in them, too."""

from shared import no_telemetry

no_telemetry.switch_off()

"""The worker: PCM streams in, speech → tone, ToneEvents out. Never imports the gateway."""

from shared import no_telemetry

no_telemetry.switch_off()

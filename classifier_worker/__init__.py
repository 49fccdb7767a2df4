"""The worker: PCM streams in, speech → tone, ToneEvents out. Never imports the gateway."""

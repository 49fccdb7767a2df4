"""The metrics of GET /metrics. One registry per process: scrape each gateway."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_LATENCIES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """The gateway's counters."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.sessions_started = self._counter("sessions_started", "Sessions started through this gateway.")
        self.frames = self._counter("audio_frames", "Audio frames acknowledged.")
        self.frame_bytes = self._counter("audio_bytes", "Bytes of PCM acknowledged.")
        self.frame_seconds = Histogram(
            "linnet_frame_stored_seconds",
            "From the arrival of an audio frame until Redis has it.",
            buckets=_LATENCIES,
            registry=self.registry,
        )
        self.frames_held_back = self._counter("audio_frames_held_back", "Acknowledgements that waited for a worker.")
        self.audio_sockets = self._gauge("audio_sockets", "Open audio sockets.")
        self.listeners = self._gauge("listeners", "Open event streams.")
        self.events_sent = self._counter("events_sent", "Stored events sent, counted once per listener.")
        self.listeners_cut_off = self._counter("listeners_cut_off", "Event streams ended because their client stalled.")
        self.starts_refused = self._counter("starts_refused", "Sessions refused because no worker could take them.")
        self.workers = self._gauge("workers", "Live workers, when last checked.")
        self.fleet_load = self._gauge("fleet_load", "Mean share of the workers' time that their sessions need, 0 to 1.")
        self.partitions_stuck = self._gauge("partitions_stuck", "Partitions whose audio no worker is processing.")
        self.fleet_lag = self._gauge("fleet_lag_seconds", "Largest lag of a session.")
        self.refused = Counter(
            "linnet_refused",
            "Calls and sockets refused, by reason: limit, key, origin.",
            ["reason"],
            registry=self.registry,
        )
        self.key_uses = Counter(
            "linnet_api_key_uses", "Sessions requested with each API key, by its name.", ["key"], registry=self.registry
        )
        self.redis_errors = self._counter("redis_errors", "Redis operations of the data plane that failed.")
        self.troubles = Gauge(
            "linnet_session_troubles",
            "Service events that the deployment's workers have sent, by code.",
            ["code"],
            registry=self.registry,
        )

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"linnet_{name}", text, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"linnet_{name}", text, registry=self.registry)

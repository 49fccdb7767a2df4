"""Record what this release stores of two sessions, for later releases to replay.

./manage.sh python -m tests.releases 1.0.0
"""

import sys
from pathlib import Path

import soundfile

from classifier_worker.speech.load import load_backend
from shared.contract.session import Session
from shared.settings import Settings
from tests.releases.recording import FOLDER, SUFFIX, record

SAMPLE = Path(__file__).resolve().parents[2] / "frontend" / "public" / "sample.flac"
SESSION = "0-" + "a" * 32
RATES = {"mock": 8000, "speech": 16_000}
SECONDS = 9
HALTS = [27, 34, 35, 41]
"""In frames of 200 ms."""
_COARSE = 256
"""Samples are rounded to multiples of this, so that the files stay small."""


def sample(rate: int) -> bytes:
    """The first seconds of the bundled sample."""
    samples, sampled = soundfile.read(SAMPLE, dtype="int16", frames=SECONDS * RATES["speech"])
    assert sampled == RATES["speech"]
    coarse = samples[:: sampled // rate] // _COARSE * _COARSE
    return bytes(coarse.astype("<i2").tobytes())


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: ./manage.sh python -m tests.releases VERSION", file=sys.stderr)
        return 2
    for name, rate in RATES.items():
        changes = {"classifier": "mock"} if name == "mock" else {"reliability_floor": 0.0}
        backend = load_backend(Settings(_env_file=None, **changes))
        path = FOLDER / f"{arguments[0]}-{name}{SUFFIX}"
        session = Session(started_at=0.0, sample_rate=rate, elcor=name == "mock")
        record(backend, dict(changes), SESSION, session, sample(rate), HALTS).save(path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

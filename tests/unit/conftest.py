"""A module's RNG draws the same in each of its tests, whichever tests ran before in this process."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def same_draw(request: pytest.FixtureRequest) -> None:
    rng = getattr(request.module, "RNG", None)
    if isinstance(rng, np.random.Generator):
        seeds = rng.bit_generator.seed_seq
        assert isinstance(seeds, np.random.SeedSequence)
        rng.bit_generator.state = np.random.default_rng(seeds.entropy).bit_generator.state

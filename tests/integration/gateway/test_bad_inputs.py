"""A short run of `./manage.sh fuzz`, always from the same seed."""

from tests.fuzz.campaign import attack
from tests.fuzz.tally import Tally
from tests.fuzz.target import target


async def test_no_bad_input_goes_unhandled() -> None:
    tally = Tally()
    async with target() as gateway:
        witness = await attack(gateway, frames=5_000, requests=300, seed=1, tally=tally, crowd=100)
    assert tally.bad >= 2_000
    assert tally.unhandled == 0, tally.report()
    assert witness.served > 0

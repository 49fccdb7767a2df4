"""How sure a model of one's own may be: no surer than `open`, however well a few people left out are told apart.

Emotions that three people act in one room may be told apart so well that the likeliest temperature is next to nothing,
and of strangers everything is then said with certainty. Of 3 to 10 of EmoDB's speakers (four emotions, 48 to 339 clips,
nine draws) the likeliest temperatures were 0.36 to 0.52, and what such models said of RAVDESS and nEMO at the floor had
mean calibration errors of 0.16 and 0.07; at `open`'s, which rest on corpora that hear each other, 0.07 and 0.07.
"""

from typing import Final

from training.recipe import OPEN, Calibration

BLUNTEST: Final = 20.0
"""Here nothing is said any more; beyond, numbers only grow."""


def bounded(likeliest: Calibration) -> Calibration:
    """The nearest calibration that is neither sharper than `open`'s nor blunter than BLUNTEST."""
    sharpest = _sharpest()
    return Calibration(
        min(max(likeliest.temperature, sharpest.temperature), BLUNTEST),
        min(max(likeliest.caution, sharpest.caution), BLUNTEST),
    )


def held_back(likeliest: Calibration) -> str:
    """In words why other temperatures than the likeliest are used; nothing when they are not."""
    used = bounded(likeliest)
    if used == likeliest:
        return ""
    would = f"The likeliest would be {likeliest.temperature} and, for strangers, {likeliest.caution} more"
    if likeliest.temperature > BLUNTEST or likeliest.caution > BLUNTEST:
        return (
            f"{would}: what this model answers to people left out is hardly better than guessing, and next to nothing "
            "will be said. More clips, of more speakers, are needed, or clearer ones."
        )
    return (
        f"{would}, but a few people recorded alike are told apart far better than strangers elsewhere would be. So "
        f"temperatures are held at {used.temperature} and {used.caution} (never lower than those of the model open); "
        "clips of more speakers, from other rooms and microphones as a second corpus, say more."
    )


def _sharpest() -> Calibration:
    if OPEN.calibration is None:
        raise ValueError("The recipe of open states no temperatures to hold others to.")
    return OPEN.calibration

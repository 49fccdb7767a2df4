"""Count what was tried, and what the gateway did not handle."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

_EXAMPLES: Final = 20
"""Unhandled errors kept in words."""


@dataclass
class Tally:
    """Counts of one run."""

    tried: Counter[str] = field(default_factory=Counter)
    """Inputs by the attack that sent them."""
    sound: int = 0
    """Inputs that turned out to be right, which random ones may: they are counted apart."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """HTTP status codes and WebSocket close codes, as "404" or "close 4003"."""
    unhandled: int = 0
    examples: list[str] = field(default_factory=list)

    def blame(self, what: str) -> None:
        """One unhandled error."""
        self.unhandled += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(what)

    @property
    def bad(self) -> int:
        return self.tried.total() - self.sound

    def report(self) -> str:
        """Return several lines of text; the last three are the figures that matter."""
        lines = [f"  {attack:<28} {count:>7}" for attack, count in self.tried.items()]
        outcomes = ", ".join(f"{outcome}: {count}" for outcome, count in sorted(self.outcomes.items()))
        lines += [f"answers: {outcomes}", *(f"UNHANDLED {example}" for example in self.examples)]
        lines += [
            f"inputs that were right: {self.sound}",
            f"bad inputs tried: {self.bad}",
            f"unhandled errors: {self.unhandled}",
        ]
        return "\n".join(lines)

"""How Hypothesis looks for schedules against processes: the same each time, and however long a step takes."""

from hypothesis import HealthCheck, settings


def repeatable(*, schedules: int, steps: int) -> settings:
    """Tries so many schedules of at most so many steps."""
    return settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=schedules,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
    )

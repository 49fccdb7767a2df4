"""Hypothesis' profile for every test: the same examples each time, however busy the machine is."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "linnet",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("linnet")

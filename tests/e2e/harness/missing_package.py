"""End a test that needs a Debian package which is not installed."""

import os
from typing import NoReturn

import pytest


def end_without(package: str) -> NoReturn:
    """Fail on CI, where every package has to be there; elsewhere skip the test."""
    missing = f"Missing for this test: {package}. `./manage.sh test e2e` as root installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)

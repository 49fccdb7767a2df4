"""Chromium, and the built page."""

import shutil
import subprocess

from testkit.stack import FRONTEND

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
"""Options that keep a browser from calling home, and that let it play and record without asking."""


def find_chromium() -> str | None:
    """Find Chromium, Debian's or any other."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def build_page() -> None:
    """Rebuild frontend/dist if its sources are newer."""
    index = FRONTEND / "dist" / "index.html"
    sources = [path for folder in ("src", "public") for path in (FRONTEND / folder).rglob("*") if path.is_file()]
    sources += [FRONTEND / "index.html", FRONTEND / "package.json", *FRONTEND.glob("*.ts")]
    if index.exists() and index.stat().st_mtime >= max(path.stat().st_mtime for path in sources):
        return
    if not (FRONTEND / "node_modules").exists():
        subprocess.run(["npm", "ci"], cwd=FRONTEND, check=True)
    subprocess.run(["npm", "run", "build"], cwd=FRONTEND, check=True)

"""Chromium, and the page as it is built for it."""

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
"""What keeps a browser from calling home, and lets it play and record without being asked."""


def find_chromium() -> str | None:
    """Where Debian's, or another, Chromium is."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def build_page() -> None:
    """Makes frontend/dist as new as its sources."""
    index = FRONTEND / "dist" / "index.html"
    sources = [path for folder in ("src", "public") for path in (FRONTEND / folder).rglob("*") if path.is_file()]
    sources += [FRONTEND / name for name in ("index.html", "vite.config.ts", "uno.config.ts", "package.json")]
    if index.exists() and index.stat().st_mtime >= max(path.stat().st_mtime for path in sources):
        return
    if not (FRONTEND / "node_modules").exists():
        subprocess.run(["npm", "ci"], cwd=FRONTEND, check=True)
    subprocess.run(["npm", "run", "build"], cwd=FRONTEND, check=True)

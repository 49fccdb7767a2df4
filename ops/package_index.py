"""pip's settings as exports for uv, which does not read them: `eval "$(python ops/package_index.py)"`."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping

_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
}
"""pip's settings that have a counterpart."""

_SECTIONS = ("global", "install", ":env:")
"""Where pip finds a setting; a later one overrides."""

_STRATEGY = "UV_INDEX_STRATEGY"


def exports(pip_settings: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Translate the lines of `pip config list`; what the environment already sets stays."""
    found: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for line in pip_settings:
        match = re.fullmatch(r"(global|install|:env:)\.([\w-]+)=(.*)", line.strip())
        if match and match[2] in _NAMES:
            found[match[1]][_NAMES[match[2]]] = _value(match[2], match[3])
    merged = {name: value for section in _SECTIONS for name, value in found[section].items() if value}
    if "UV_INDEX" in merged:
        # Like pip, look for a version on every index. The hashes of uv.lock decide which file is the right one.
        merged[_STRATEGY] = "unsafe-best-match"
    return {name: value for name, value in merged.items() if not environment.get(name)}


def _value(setting: str, written: str) -> str:
    words = _unquoted(written).split()
    return ",".join(words) if setting == "find-links" else " ".join(words)


def _unquoted(written: str) -> str:
    """Undo the quotes that pip prints around a value; line breaks inside it are written as \\n."""
    return written[1:-1].replace("\\n", " ") if written[:1] in {"'", '"'} else written


def main() -> int:
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    for name, value in exports(listed.stdout.splitlines(), os.environ).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

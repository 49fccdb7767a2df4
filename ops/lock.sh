#!/usr/bin/env bash
# Resolves pyproject.toml again and rewrites the lock files. Needs uv (pip install uv).
# Arguments go to uv: `ops/lock.sh --upgrade`, `ops/lock.sh --upgrade-package fastapi`.
set -euo pipefail
cd "$(dirname "$0")/.."

# One version for every Python from 3.11 on, on Linux and macOS; hashes, and no index's address.
lock() {
  local file=$1
  shift
  uv pip compile pyproject.toml --output-file "$file" --quiet \
    --universal --fork-strategy fewest --generate-hashes \
    --no-emit-index-url --no-annotate --custom-compile-command ops/lock.sh "$@"
  echo "$file"
}

lock requirements-dev.lock --all-extras --group dev "$@"
# The others take their versions from the first, so that images and developers run the same.
lock requirements.lock --all-extras --constraints requirements-dev.lock
lock requirements-gateway.lock --extra gateway --constraints requirements-dev.lock
lock requirements-worker.lock --extra worker --constraints requirements-dev.lock

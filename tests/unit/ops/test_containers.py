"""compose.yml and the Dockerfiles, as far as they can be judged without a container engine."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ops.stack.environment import exports
from shared.settings import Settings
from testkit.dockerfile import Instruction, read_dockerfile

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILES = ["Dockerfile.gateway", "Dockerfile.worker"]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    compose: dict[str, Any] = YAML(typ="safe").load(ROOT / "compose.yml")
    services: dict[str, Any] = compose["services"]
    return services


def instructions(name: str) -> list[Instruction]:
    return read_dockerfile(ROOT / name)


def test_only_the_proxy_is_published(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]


def test_nothing_but_the_proxy_has_a_way_out(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if service["networks"] != ["inner"]] == ["proxy"]


def test_every_service_runs_without_privileges_and_writes_only_its_volume(services: dict[str, Any]) -> None:
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_gateways_and_workers_can_be_multiplied(services: dict[str, Any]) -> None:
    for name in ("gateway", "worker"):
        assert services[name]["deploy"]["replicas"] == f"${{LINNET_{name.upper()}S:-2}}"
        assert "container_name" not in services[name]


def test_gateways_know_whether_workers_infer_a_tone(services: dict[str, Any]) -> None:
    said = {name: services[name]["environment"]["LINNET_CLASSIFIER"] for name in ("gateway", "worker")}
    assert set(said.values()) == {"${LINNET_CLASSIFIER:-speech}"}


def started_with(service: dict[str, Any], values: dict[str, str]) -> list[str]:
    """What the service's command runs, with such settings: the server itself is left out."""

    def filled_in(text: str) -> str:
        named = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda match: values.get(match[1]) or match[2], text)
        return named.replace("$$", "$")

    environment = {name: filled_in(value) for name, value in service["environment"].items()}
    command = [filled_in(word) if word != "valkey-server" else "echo" for word in service["command"]]
    answer = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    return [*answer.stdout.split(), *answer.stderr.splitlines()]


def test_appendonly_may_be_written_as_any_yes_or_no(services: dict[str, Any]) -> None:
    """Valkey itself knows only yes and no."""
    for wanted, texts in (
        (True, ("yes", "true", "True", "1", "on", "")),
        (False, ("no", "false", "FALSE", "0", "off")),
    ):
        for text in texts:
            found = started_with(services["redis"], {"LINNET_REDIS_APPENDONLY": text})
            assert found[found.index("--appendonly") + 1] == ("yes" if wanted else "no"), text
            assert found[found.index("--maxmemory-policy") + 1] == "noeviction"
            read = Settings(_env_file=None, redis_appendonly=text or "yes")
            assert read.redis_appendonly is wanted
    assert started_with(services["redis"], {"LINNET_REDIS_APPENDONLY": "maybe"}) == [
        "LINNET_REDIS_APPENDONLY is maybe: write yes or no."
    ]


def test_what_redis_acknowledged_survives_it(services: dict[str, Any]) -> None:
    command = " ".join(services["redis"]["command"])
    assert started_with(services["redis"], {}) == started_with(services["redis"], {"LINNET_REDIS_APPENDONLY": "yes"})
    assert "--slowlog-log-slower-than -1" in command
    save = services["redis"]["command"].index("--save")
    assert services["redis"]["command"][save + 1] == "", "no snapshot beside"
    assert "redis:/data" in services["redis"]["volumes"]


def test_a_worker_gets_the_time_to_give_its_leases_back(services: dict[str, Any]) -> None:
    assert services["worker"]["stop_grace_period"] == "20s"


@pytest.mark.parametrize("name", DOCKERFILES)
def test_base_images_are_pinned(name: str) -> None:
    stages = {i.value.split()[-1] for i in instructions(name) if i.name == "FROM"}
    for instruction in instructions(name):
        if instruction.name == "FROM" and instruction.value not in stages:
            image = instruction.value.split()[0]
            assert re.search(r":\d+\.\d+\.\d+", image), f"{image} is not pinned to a release"


def test_images_of_others_are_pinned_and_their_process_is_not_root(services: dict[str, Any]) -> None:
    for service in services.values():
        if "build" not in service:
            assert re.search(r":\d+\.\d+\.\d+", service["image"]), f"{service['image']} is not pinned to a release"
            assert service["user"] not in ("root", "0")


@pytest.mark.parametrize("name", DOCKERFILES)
def test_the_process_is_not_root(name: str) -> None:
    users = [i.value for i in instructions(name) if i.name == "USER"]
    assert users, "no USER"
    assert int(users[-1]) > 0


@pytest.mark.parametrize("name", DOCKERFILES)
def test_what_is_copied_exists_and_is_in_the_build_context(name: str) -> None:
    context = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for instruction in instructions(name):
        words = instruction.value.split()
        if instruction.name != "COPY" or words[0].startswith("--from"):
            continue
        for source in words[:-1]:
            assert (ROOT / source).exists(), f"{source} does not exist"
            assert any(source == kept or source.startswith(f"{kept}/") for kept in context), f"{source} is ignored"


def test_compose_knows_only_settings_that_exist() -> None:
    known = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(re.findall(r"LINNET_[A-Z_]+", (ROOT / "compose.yml").read_text())) <= known


def test_the_embedded_server_keeps_a_file_unless_told_not_to_and_never_a_snapshot() -> None:
    for wanted, said in ((True, "yes"), (False, "no")):
        assert exports(Settings(_env_file=None, redis_appendonly=wanted))["LINNET_REDIS_APPENDONLY"] == said
    command = (ROOT / "ops" / "stack" / "supervisord.conf").read_text()
    assert "--appendonly %(ENV_LINNET_REDIS_APPENDONLY)s" in command
    assert '--save ""' in command
    assert "--slowlog-log-slower-than -1" in command

"""Ends what is left of this folder's stack, for instance after its supervisor was killed: `python -m ops.leftovers`.

Every process of a stack inherits LINNET_STACK, the stack's data folder. Nothing else is touched.
"""

import os
import sys

import psutil

TERM_SECONDS = 15.0


def of_stack(data_dir: str) -> list[psutil.Process]:
    """Processes of this user that carry the mark of the stack in `data_dir`."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("LINNET_STACK") == data_dir:
                found.append(process)
        except (psutil.Error, OSError):  # gone, or someone else's
            continue
    return found


def command_of(process: psutil.Process) -> str:
    """Its command line; empty when it is gone."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def end(processes: list[psutil.Process]) -> None:
    """Asks first, as the supervisor would, and kills what does not go."""
    for process in processes:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(processes, timeout=TERM_SECONDS)
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=TERM_SECONDS)


def main() -> int:
    data_dir = os.environ["LINNET_DATA_DIR"]
    left = of_stack(data_dir)
    # A supervisor first, or it would start the others again; Redis last, so that workers can still commit.
    supervisors = [process for process in left if "supervisord" in command_of(process)]
    servers = [process for process in left if "valkey-server" in command_of(process)]
    end(supervisors)
    end([process for process in left if process not in supervisors and process not in servers])
    end(servers)
    if left:
        print(f"Ended {len(left)} process{'es' if len(left) > 1 else ''} that a killed supervisor had left behind.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

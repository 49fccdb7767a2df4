"""End what a killed supervisor left of this folder's stack: `python -m ops.stack.leftovers`.

Every process of a stack inherits LINNET_STACK, the stack's data folder. Other processes are left alone.
"""

import os
import sys

import psutil

TERM_SECONDS = 15.0


def of_stack(data_dir: str) -> list[psutil.Process]:
    """Return this user's processes that belong to the stack in `data_dir`."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("LINNET_STACK") == data_dir:
                found.append(process)
        except (psutil.Error, OSError):  # gone, or someone else's
            continue
    return found


def command_of(process: psutil.Process) -> str:
    """Return a process's command line; empty if it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def end(processes: list[psutil.Process]) -> None:
    """Terminate the processes as the supervisor would, and kill those that do not end."""
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
    # The supervisor first, because it would restart the others; Redis last, so that workers can still commit.
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

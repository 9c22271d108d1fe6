"""Processes that live as long as this one: started, started again, and ended with it."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PATIENCE = 5.0  # seconds that a process has to end before it is killed
PAUSE = 1.0  # seconds between two starts of a process that keeps ending


class Process:
    """A command that is started again whenever it ends.

    Args:
        name: what people call it, such as "server 1".
        command: the program and its arguments.
        environment: all variables of the process.
        folder: where it runs.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: dict[str, str], folder: Path
    ) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._folder = folder
        self.start()

    def start(self) -> None:
        """Start it. It gets no Ctrl-C of its own, and on Linux it ends when this process does."""
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def pid(self) -> int:
        return self._process.pid

    def restart_if_ended(self) -> bool:
        """Whether it had ended and is started again; not more often than every `PAUSE` seconds."""
        if not self.has_ended or time.monotonic() < self._started + PAUSE:
            return False
        self.start()
        return True

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def end(self, deadline: float) -> None:
        """Wait until it has ended; kill it at `deadline` (of `time.monotonic`)."""
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def end_all(processes: Sequence[Process]) -> None:
    """End all of them at once; none is left after `PATIENCE` seconds."""
    for process in processes:
        process.ask_to_end()
    deadline = time.monotonic() + PATIENCE
    for process in processes:
        process.end(deadline)


def _end_with_parent() -> None:
    """Ask Linux to end this process when its parent is killed, which can do nothing itself."""
    set_parent_death_signal = 1  # PR_SET_PDEATHSIG in <sys/prctl.h>
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)

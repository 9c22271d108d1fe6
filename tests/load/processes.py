"""What a server takes of the computer: memory and processor time, of it and of what it started.

Read from /proc, so on Linux only; elsewhere there is nothing to read.
"""

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Taken:
    """`cpu_seconds` of all processes together; `megabytes` and `peak_megabytes` of the largest."""

    cpu_seconds: float
    megabytes: float
    peak_megabytes: float


def taken(root: int) -> Taken | None:
    """What a process and all that it started have taken so far; None where that can't be read.

    Args:
        root: number of the process.
    """
    if not (PROC / str(root) / "stat").exists():
        return None
    cpu, now, peak = 0.0, 0.0, 0.0
    for number in [root, *_descendants(root)]:
        try:
            fields = _fields(number)
            status = (PROC / str(number) / "status").read_text()
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
        cpu += (int(fields[11]) + int(fields[12])) / TICKS
        sizes = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if "VmRSS" in sizes:
            now = max(now, int(sizes["VmRSS"].split()[0]) / 1024)
            peak = max(peak, int(sizes["VmHWM"].split()[0]) / 1024)
    return Taken(cpu, now, peak)


def _descendants(root):
    children = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            children.setdefault(int(_fields(folder.name)[1]), []).append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = list(children.get(root, []))
    for number in found:  # which grows meanwhile
        found += children.get(number, [])
    return found


def _fields(number):
    """The fields of /proc/NUMBER/stat behind the name, which may hold anything."""
    return (PROC / str(number) / "stat").read_text().rpartition(")")[2].split()

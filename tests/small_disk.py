"""A disk that is soon full, for tests of what is written to it."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


def on_small_disk(tmp_path, kilobytes, arguments, seconds=60):
    """Run Python with a file system of so few kilobytes; skips where none may be mounted.

    Args:
        arguments: of Python; `{disk}` stands for the folder of the disk.
    Returns:
        (`subprocess.CompletedProcess`, folder with a copy of what is on the disk in the end).
    """
    disk, out = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    out.mkdir()
    script = f"""
        mount -t tmpfs -o size={kilobytes}k tmpfs "{disk}" || exit 99
        "{sys.executable}" {arguments.format(disk=disk)}
        status=$?
        cp -a "{disk}/." "{out}"
        exit $status
    """
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    if done.returncode == 99 or done.stderr.startswith("unshare"):
        pytest.skip("no file system may be mounted here")
    return done, out

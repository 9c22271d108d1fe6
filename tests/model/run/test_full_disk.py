"""A run folder is written whole or not at all, on a disk that is full, too."""

import shutil

import pytest

from model.run import read
from tests.small_disk import on_small_disk

WRITE = (
    "-c 'import sys\n"
    "from tests import toys\n"
    'toys.write("{disk}/runs", title="Old", with_network=False)\n'
    "try:\n"
    '    toys.write("{disk}/runs", title="New", with_network=False,\n'
    "               rows=toys.predictions(per_split=10000))\n"
    "except OSError as error:\n"
    "    sys.exit(error.errno)'"
)


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a file system of its own")
@pytest.mark.parametrize("kilobytes", [64, 200, 600])
def test_a_full_disk_leaves_the_old_run_and_nothing_beside_it(tmp_path, kilobytes):
    done, out = on_small_disk(tmp_path, kilobytes, WRITE)
    assert done.returncode == 28, done.stderr  # ENOSPC
    assert [path.name for path in (out / "runs").iterdir()] == ["toy"]
    kept = read(out / "runs" / "toy")
    assert kept.title == "Old"
    assert len(kept.predictions) == 90

"""`make faults`: no photo is written down, sent away or shown to somebody else.

What the server asks of the system is watched by strace while fifty visitors upload photos, each of
them another one.
"""

import asyncio
import re
import shutil

import pytest

from tests import toys
from tests.browser.server import server_process
from tests.load.visits import colours, visit_with_colour

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
VISITORS = 50
CALLS = "openat,open,creat,rename,renameat,renameat2,link,linkat,mkdir,mkdirat,mknod,connect"
WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE|^(creat|rename|link|mkdir|mknod)")
# What Python, matplotlib and TensorFlow write for themselves before the first answer: their
# compiled modules, a folder of settings, a trial of the folder for temporary files, and the source
# of the functions that TensorFlow traces.
OWN_NEEDS = re.compile(
    r"/dev/(null|tty|urandom|shm/)|__pycache__|/proc/self|/sys/|/dev/nvidia|/matplotlib|"
    r"/scratch/(tmp\w{8}|\w{8}|__autograph_generated_file\w+\.py)\""
)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_fifty_visitors_with_photos_of_their_own(tmp_path):
    scratch, trace = tmp_path / "scratch", tmp_path / "trace"
    scratch.mkdir()
    toys.write(tmp_path / "runs", has_novelty=False)
    # strace leaves the server's number as it is with -D, and stops at these calls only.
    watched = ["strace", "-D", "-f", "--seccomp-bpf", "-e", f"trace={CALLS}", "-o", str(trace)]
    places = {"LENTIGO_RUNS": str(tmp_path / "runs"), "TMPDIR": str(scratch)}

    async def all_of_them(address):
        await asyncio.gather(
            *(
                # Two thirds send more than a megabyte, as a phone does.
                visit_with_colour(address, colour, padding=(number % 3) * 1_500_000)
                for number, colour in enumerate(colours(VISITORS))
            )
        )

    with server_process(tmp_path / "log", under=watched, **places) as (address, _):
        asyncio.run(visit_with_colour(address, (250, 250, 10)))
        before = len(trace.read_text().splitlines())
        left = sorted(scratch.rglob("*"))
        asyncio.run(all_of_them(address))
        assert sorted(scratch.rglob("*")) == left
        lines = trace.read_text().splitlines()
    assert before > 1000, "strace saw nothing"
    calls = [re.sub(r"^\d+ +(<\.\.\. )?", "", line) for line in lines]
    written = sorted({call for call in calls if WRITES.search(call) and not OWN_NEEDS.search(call)})
    connected = sorted({call for call in calls if call.startswith("connect") and not here(call)})
    print(f"{len(calls)} calls, {len(calls) - before} of them by the {VISITORS} visitors")
    print("\n".join(written))
    during = [call for call in calls[before:] if WRITES.search(call) and "/dev/null" not in call]
    assert during == [], "written while visitors were there"
    assert written == []
    assert connected == []
    log = (tmp_path / "log").read_text()
    assert "photo_" not in log, "a photo's name is in the log"


def here(call):
    """Whether a connection goes to this computer: its own sockets, or its loopback."""
    return "AF_UNIX" in call or "127.0.0." in call or '"::1"' in call or "AF_UNSPEC" in call

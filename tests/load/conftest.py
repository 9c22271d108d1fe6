"""A real server of toys that the visitors share."""

import pytest

from tests import toys
from tests.browser.server import server_process


@pytest.fixture(scope="session")
def toy_server(tmp_path_factory):
    """(its address, its process); its temporary files, if any, lie in `scratch` beside its log."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "scratch").mkdir()
    toys.write(folder / "runs", has_novelty=False)  # plain red would be unlike the training photos
    with server_process(
        folder / "server.log",
        LENTIGO_RUNS=str(folder / "runs"),
        TMPDIR=str(folder / "scratch"),
    ) as running:
        yield running

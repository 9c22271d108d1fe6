"""Streamlit's own behaviour, patched: what it does by itself and must not do here.

`app.py` calls this before the server answers anybody. Each patch names the Streamlit version that
needs it.
"""

from starlette.formparsers import MultiPartParser
from streamlit import config, net_util
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner


def patch_streamlit() -> None:
    """Apply every patch; may be called any number of times."""
    _stay_offline()
    _keep_networks()
    _ignore_pages_folder()
    _keep_uploads_in_memory()


def _stay_offline():
    """Keep Streamlit from asking an outside service for this computer's address.

    It asks when a page of another host connects to the server. Such a visitor is refused either
    way: the answer only decides whether this computer's public address is allowed, and ours is not.
    """
    net_util.get_external_ip = lambda: None


def _keep_networks():
    """Keep Streamlit from clearing Keras's session after each run of a page.

    Clearing discards TensorFlow's compiled kernels, so the next photo of any visitor waits half a
    second for them. It would also reset Keras while a network is loading. The app keeps a few
    networks on purpose; it does not build new ones that pile up (Streamlit 1.67,
    `_clean_problem_modules`).
    """
    script_runner._clean_problem_modules = lambda: None


def _ignore_pages_folder():
    """Keep Streamlit from treating pages/ as its older kind of multi-page app.

    Until the first call of `st.navigation`, a folder of that name makes it look for one script per
    page there. It finds none, so the first visitor of a deep link such as /training would be told
    that the page does not exist (Streamlit 1.67, `PagesManager`).
    """
    PagesManager.uses_pages_directory = False


def _keep_uploads_in_memory():
    """Keep uploads off the disk while they arrive.

    What is over 1 MB, as a phone's photos are, would be written to a temporary file until all of it
    is there (Starlette 1.10, `MultiPartParser`). Streamlit refuses what is over
    `server.maxUploadSize` and then holds the file in memory either way.
    """
    MultiPartParser.spool_max_size = (config.get_option("server.maxUploadSize") + 1) * 2**20

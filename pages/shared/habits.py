"""What Streamlit does on its own and must not do here."""

from streamlit import net_util
from streamlit.runtime.scriptrunner import script_runner


def break_habits():
    """Stop both; may be called any number of times."""
    _stay_offline()
    _keep_networks()


def _stay_offline():
    """Keep Streamlit from asking an outside service for this computer's address.

    It does so when a page of another host knocks at the server. Such a visitor is refused either
    way; the answer only decides whether this computer's outside address is let in, too, which ours
    is not.
    """
    net_util.get_external_ip = lambda: None


def _keep_networks():
    """Keep Streamlit from clearing Keras's session after each run of a page.

    That throws away TensorFlow's prepared kernels, so that the next photo of anybody waits half a
    second for them, and would reset Keras under a network that is just being loaded. What a page
    builds here are a few networks that are kept on purpose, not models that pile up (Streamlit
    1.67, `_clean_problem_modules`).
    """
    script_runner._clean_problem_modules = lambda: None

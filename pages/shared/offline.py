"""Keep Streamlit from asking an outside service for this computer's address.

It does so when a page of another host knocks at the server. Such a visitor is refused either way;
the answer only decides whether this computer's outside address is let in, too, which ours is not.
"""

from streamlit import net_util


def stay_offline():
    """Answer Streamlit's question for the outside address with "unknown", without asking."""
    net_util.get_external_ip = lambda: None

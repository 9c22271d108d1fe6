"""What a server sets once, before its first visitor."""

from model.network.tensorflow_startup import use_one_thread_per_operation
from pages.shared.memory import share_arenas
from pages.shared.streamlit_patches import patch_streamlit


def prepare() -> None:
    """Set how memory and processors are shared, and what Streamlit does otherwise."""
    share_arenas()
    use_one_thread_per_operation()
    patch_streamlit()

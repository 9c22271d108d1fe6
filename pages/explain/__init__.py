"""The Explain page: heat maps of one photo, and tests of them."""

"""Training a network, and fitting what is read off its outputs."""

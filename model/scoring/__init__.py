"""Scoring many photos: which files, in which order, by how many workers, into which table."""

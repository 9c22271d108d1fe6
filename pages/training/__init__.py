"""The Training page: how one run learned and what it reached."""

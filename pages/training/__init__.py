"""The Training page: how one run learned and how well it performs."""

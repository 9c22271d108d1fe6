"""The Compare page: the leak meter, and runs side by side."""

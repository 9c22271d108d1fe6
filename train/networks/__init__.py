"""Networks with pretrained weights."""

"""A Keras network as compiled functions: logits, features and gradients."""

"""Photos to train on: reading, cleaning, splitting, balancing, augmenting."""

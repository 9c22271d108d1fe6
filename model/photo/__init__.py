"""A photo: decoding, cropping, and measures of its quality."""

"""Where a photo raised a diagnosis: methods, maps, overlays, and tests of a map."""

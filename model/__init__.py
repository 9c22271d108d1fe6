"""All that is needed to use a trained run: photo, run folder, classifier, heat maps, metrics."""

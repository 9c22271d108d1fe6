"""From folders of photos to a run folder: readers, splits, recipes, fit, audit."""

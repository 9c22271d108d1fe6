"""What a run says about photos: the classifier, its predictions, and how firm they are."""

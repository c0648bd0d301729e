"""Using a trained model: sampling, beam search, and prediction of labels, tags and translations."""

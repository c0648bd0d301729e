"""What a trained model makes of a text: samples, the likeliest text, labels, tags and translations."""

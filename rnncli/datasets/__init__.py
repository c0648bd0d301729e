"""Characters to integers: where text comes from, the vocabulary, the streams that a network reads."""

"""How good a model is, in the units that are published, and the n-gram models that it is held against."""

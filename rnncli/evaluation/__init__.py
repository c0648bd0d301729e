"""Evaluation: losses of a language model, metrics of all tasks, and the n-gram baseline."""

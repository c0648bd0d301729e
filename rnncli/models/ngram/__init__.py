"""The n-gram model: an index of what follows each context, interpolated modified Kneser-Ney smoothing of its counts,
and counts that grow with the text that is read."""

"""The model file: what stands in it, how it is read without trust, and how it is replaced as a whole or not at all."""

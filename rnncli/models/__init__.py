"""Networks with a purpose: what goes in, what comes out, and the loss. The engine does the work."""

"""The model file: its content, a strict reader that trusts no byte of it, atomic replacement, and a lock."""

"""Process groups: who shares a training step, and how gradients and parameters are exchanged."""

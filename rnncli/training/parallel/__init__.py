"""Data parallelism: process groups, and how gradients and parameters are exchanged between their ranks."""

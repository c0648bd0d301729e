"""The views: one file per question."""

"""Receipts, and recording them: `record()` is the one way in."""

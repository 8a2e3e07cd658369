"""Stored versions of a business's rules: which one is in force at a moment."""

"""The books: accounts, entries, lots, draws. Nobody else writes these tables."""

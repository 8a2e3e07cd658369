"""Files in: each format reads rows, `run.py` brings them in, the same way for all."""

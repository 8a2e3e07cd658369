"""The ways in which files are written, one module each; `intake/known.py` lists them."""

"""The demo: a neighbourhood of four businesses with a year of receipts, or a supermarket with real ones.

Nothing in it is special: members come in through `enrol()`, rules through `publish()`, receipts through `record()`. The
same seed and day give the same receipts, so that making it again, or going on after an interruption, doubles nothing.
"""

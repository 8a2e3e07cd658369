"""Whom a business should invite: who is due and why, what was done about it, and whether it helped."""

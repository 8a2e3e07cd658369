"""Offers to a part of the members: to whom, when, what, and what came of it beside those who were held back."""

"""Customers in the programme: who they are, their cards, what they agreed to."""

"""Businesses, their stores and tills, the people who work there, and the keys that tills hold."""

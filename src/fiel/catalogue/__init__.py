"""Departments, a tree, and products."""

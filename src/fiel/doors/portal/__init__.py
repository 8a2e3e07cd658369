"""The members' portal: what a customer has, why, and what can be had for it."""

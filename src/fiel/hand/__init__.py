"""What people enter themselves: adjustments, opening balances, merging two members, a tier by hand."""

"""Who did what, from where, with what it was before and is after: only added to, each act chained to the one before."""

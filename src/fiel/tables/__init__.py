"""What every table shares: the business in each key, ids in the order of time, writes by the set."""

"""What travels as JSON: the shapes of sales and members as they are sent, read alike at every door and from files."""

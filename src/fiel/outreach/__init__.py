"""What goes out to others: to the systems that a business lets know what happens."""

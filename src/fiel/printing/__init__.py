"""What goes on paper: cards, labels, slips, statements and letters, settlements."""

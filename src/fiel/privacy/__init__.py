"""Taking one's data along, and leaving: what is erased, what stays, and how a restored backup forgets again."""

"""What happened, noted in the transaction in which it did, for whoever a business wants to tell."""

"""What is written to members: noted where it arises, looked at once more when it leaves, and sent once."""

"""Parts of the members, by what they bought, when, and who they are."""

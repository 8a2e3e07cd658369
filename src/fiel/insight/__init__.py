"""What the receipts tell: sums by day, indicators of each member, segments, reports, and what looks like abuse."""

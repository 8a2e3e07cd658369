"""The partner's desk: vouchers are checked and redeemed, and what is owed for them is agreed on every month."""

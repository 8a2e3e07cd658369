"""What units can be exchanged for: rewards, the vouchers that claim them, and awards that give them by themselves."""

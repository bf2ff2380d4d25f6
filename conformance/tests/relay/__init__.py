"""What the relay does with bytes, heads and ends."""

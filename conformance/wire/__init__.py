"""What happened: bytes to events, documents and cassettes."""

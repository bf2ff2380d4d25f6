"""What is seen: the fold over a transcript, exchange by exchange and event by event, and the facts it keeps."""

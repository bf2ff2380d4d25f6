"""What is wrong: the fold over a transcript, and one file or folder for each family of checks."""

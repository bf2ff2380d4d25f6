"""Writes down everything the product says at a commit, so that two commits can be compared file by file."""

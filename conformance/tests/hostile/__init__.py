"""Servers that are broken, hostile or mad, judged over real sockets from the first request to the printed report."""

"""What several families of checks share."""

"""An implementer's `known-failures.toml`: read as rows, and kept up to date without losing what people wrote in it."""

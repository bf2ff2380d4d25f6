"""OpenAI's own OpenAPI document on its way to our schemas: sliced, corrected, derived, and compared with others."""

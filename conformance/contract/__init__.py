"""What is required: requirements, scenarios, state tables, schemas."""

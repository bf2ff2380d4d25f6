"""What it means: findings become verdicts, and each defect one primary finding."""

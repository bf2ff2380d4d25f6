"""Who stands between: passes bytes from one side to the other as they come, and keeps what passed, on one clock."""

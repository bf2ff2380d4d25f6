"""How it goes: every door builds a plan, hands a target to the one loop in here, and gets a report."""

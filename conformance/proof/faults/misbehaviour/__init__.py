"""The wrong decisions that stateful faults are made of, by what is decided."""

"""Mutates what judges, and shows which mutants no example, fault, variation or test tells from the original."""

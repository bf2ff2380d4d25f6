"""Asks others: one file a family of requirements, one test a planned cell, `test_done[scenario:done.last]`.

What is asked comes from the tables, how it is asked from `run/loop.py`, how it is reported from the plugin.
"""

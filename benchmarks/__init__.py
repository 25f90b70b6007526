"""Measurements of memlint, and checks that need a large body of real code."""

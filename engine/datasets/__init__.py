"""Seeded NumPy arrays: the same bytes for both frameworks."""

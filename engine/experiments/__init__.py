"""Runs that belong together or are looked at together, and what came of them."""

"""Benchmarks: planned, carried out in processes of one framework each, judged, kept and shown to others."""

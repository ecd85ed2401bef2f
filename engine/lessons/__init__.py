"""Six short guided experiments: predict, run, compare."""

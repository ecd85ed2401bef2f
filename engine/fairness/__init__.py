"""What makes two sides comparable: shared weights, shared batches, known defaults, measured differences."""

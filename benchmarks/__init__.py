"""One script per speed target; each prints one JSON line with its ratios and whether they meet the target."""

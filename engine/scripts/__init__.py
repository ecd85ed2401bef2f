"""A config as Python that a person can read, copy and run without this repository: once in each framework."""

# The largest relative difference that a script's losses may have from the engine's, over the first steps. Tested.
TOLERANCE = {"float64": 1e-12, "float32": 1e-6, "mixed_bfloat16": 2e-3, "mixed_float16": 2e-3}

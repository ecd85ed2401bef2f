"""Where the time of a step goes: the operators that each framework's own profiler names."""

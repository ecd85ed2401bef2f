"""Reading the machine: memory and devices."""

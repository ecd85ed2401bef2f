"""One config trained once more with more recorded than losses, for parity and the microscope."""

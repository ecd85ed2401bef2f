"""Everything that is framework code, as twins."""

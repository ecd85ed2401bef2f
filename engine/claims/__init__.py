"""What is often said of the two frameworks, and what became of it."""

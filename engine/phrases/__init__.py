"""The phrase book: common tasks in both frameworks, each one a short function that runs."""

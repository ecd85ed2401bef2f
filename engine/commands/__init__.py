"""What `python -m engine …` is made of: one file a command, or a few commands of one kind."""

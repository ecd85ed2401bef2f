"""What is asked of this machine and of each framework before anything starts."""

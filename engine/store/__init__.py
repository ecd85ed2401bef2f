"""What a store keeps beside configs and events, and what is done with whole runs."""

"""The reference networks: a catalogue, and one pair of twins each."""

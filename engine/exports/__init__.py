"""Finished runs as files that others can run: written in one process, reloaded alone and checked in another."""

"""Searches over hyperparameters, in which each framework is tuned alike: asked for, carried out, kept and read."""

"""The reference networks in raw tensors, as twins: functions of weights by name, which the scripts take as they are.

Weights are in canonical layout, which is PyTorch's, on both sides. Nothing here keeps anything between calls.
"""

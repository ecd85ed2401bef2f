"""The product without a face: trains reference networks in PyTorch and in TensorFlow and records what they do."""

"""What is read off the machine and off tensors: devices, histograms."""

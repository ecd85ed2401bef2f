"""What is read off the machine and off tensors: devices, the processor's time, histograms."""

"""What is read off the machine and off tensors: devices, the processor's time, histograms.

And how timings are taken and looked at: the warm-up before them, their order, and what is odd about them.
"""

"""The parts of the roofline: rates between shapes, times of phases, how far a figure reaches."""

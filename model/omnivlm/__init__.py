"""The reference models of the papers, and their training."""

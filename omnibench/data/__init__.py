"""Packs: the form in which any benchmark's rows and images are read."""

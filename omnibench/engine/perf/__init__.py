"""Figures of `perf`: trials and shapes in, quantities with provenance out; no torch, no clock."""

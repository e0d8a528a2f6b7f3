"""Working with lmms-eval: our models in it, its tasks here, its results files as runs.

lmms-eval is imported by `adapter` and `harness` alone, which are loaded only when it is asked for.
"""

"""Pure functions from replies to figures: readers, matchers, metrics and their statistics."""

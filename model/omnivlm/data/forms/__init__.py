"""The forms of the benchmarks: one file puts drawn questions into one benchmark's columns."""

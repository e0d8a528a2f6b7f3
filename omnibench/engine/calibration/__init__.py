"""This machine's ceilings: measured in a process of their own, kept in the user's cache."""

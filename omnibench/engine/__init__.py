"""Running: samples through a backend into records, and records into figures."""

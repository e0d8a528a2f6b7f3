"""omnibench: accuracy, speed and energy of small vision-language models, with their uncertainty."""

__version__ = "0.1.0"

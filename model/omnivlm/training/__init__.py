"""How the models are made: samples, recipes, stages, preferences."""

"""Charts of the page, drawn by matplotlib as SVG with real text."""

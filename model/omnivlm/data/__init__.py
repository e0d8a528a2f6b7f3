"""The drawn world: pictures made from a seed, each with a complete description.

A picture (`scene.Scene`, `charts.Chart`, the diagrams) is a frozen description that draws itself.
Questions are derived from the description alone, so every answer is certain; `forms` puts them
into the columns of the benchmarks and `packs` writes them to disk. Nothing here needs torch.
"""

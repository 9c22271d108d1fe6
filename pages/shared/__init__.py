"""What several pages share: frame, caches, choosers, charts, tables."""

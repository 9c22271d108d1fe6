"""What several pages share: session, caches, choices, charts, tables."""

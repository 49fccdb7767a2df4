"""Reports: figures, cards and diagrams."""

"""What is reported: figures, cards and diagrams."""

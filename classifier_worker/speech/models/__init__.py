"""The neural networks, and where their files are."""

"""How readers and mixtures are fitted."""

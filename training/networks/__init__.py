"""How small networks are trained and taken over."""

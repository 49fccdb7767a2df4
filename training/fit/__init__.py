"""Fit readers and mixtures."""

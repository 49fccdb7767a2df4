"""Samples and spectra."""

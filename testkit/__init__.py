"""Servers and stacks that tests and benchmarks start."""

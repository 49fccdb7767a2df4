"""Benchmarks: they print ratios against something measured in the same run, and are no tests."""

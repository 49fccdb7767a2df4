"""Ports, processes and protocols below the application."""

"""The `linnet` command: one entry point for the command lines of the gateway and the worker."""

"""The checks before every call: who may call, how often, and how errors are answered."""

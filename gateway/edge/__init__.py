"""What stands before every call: who may come, how often, and how errors are answered."""

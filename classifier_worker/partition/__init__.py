"""One partition: its stream read, its sessions heard, its results committed."""

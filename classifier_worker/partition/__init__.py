"""Process one partition: read its stream, analyse its sessions, commit the results."""

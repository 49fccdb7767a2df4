"""Audio in: from a frame to the stream that workers read."""

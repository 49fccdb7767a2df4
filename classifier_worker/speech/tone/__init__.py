"""Turn features into probabilities of tones, relative to the speaker."""

"""From features to probabilities of tones, relative to the speaker."""

"""From utterances to words: in a process of its own, so that tone never waits for them."""

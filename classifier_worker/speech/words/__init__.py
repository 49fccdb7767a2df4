"""Write down the words of an utterance, with their times and probabilities. Arrays in, words out."""

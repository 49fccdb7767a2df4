"""From labelled speech to the model file that the worker loads: `python -m training.train --model open`."""

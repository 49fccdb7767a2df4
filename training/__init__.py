"""From labelled speech to the model file that the worker loads: `./manage.sh python -m training.train --model open`."""

"""Train the worker's model file from labelled speech: `./manage.sh python -m training.train --model open`."""

from shared import no_telemetry

no_telemetry.switch_off()

"""From labelled speech to the model file that the worker loads: `./manage.sh python -m training.train --model open`."""

from shared import no_telemetry

no_telemetry.switch_off()

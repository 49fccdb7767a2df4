"""Start, watch and stop the processes of one machine: settings, checks, secrets, readiness."""

"""The contract between gateways, workers and clients: events, records and streams."""

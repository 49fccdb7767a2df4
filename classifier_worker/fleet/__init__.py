"""How workers share the partitions: leases, balance and load."""

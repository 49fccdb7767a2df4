"""Mutation testing of the data plane: deliberate faults, one at a time, that the tests must detect."""

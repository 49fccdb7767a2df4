"""Faults put into the data plane on purpose, one at a time: which of them do the tests notice?"""

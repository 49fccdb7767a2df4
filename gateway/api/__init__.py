"""The calls that clients can make: one file for each call or group of calls."""

"""Measurements that stand by themselves."""

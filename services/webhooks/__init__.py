"""Telling applications what has ended, at addresses an administrator named: ids and states, signed."""

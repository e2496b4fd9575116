"""WHAT ADMINISTRATORS LOOK AT: activity, settings, the lock, reports, and what readers ask for in vain."""

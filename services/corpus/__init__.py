"""Is this corpus fit to answer from? What is unreadable, contradictory, old or unread; what to fix first."""

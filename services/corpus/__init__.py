"""Is this corpus fit to answer from? What is unreadable, contradictory, old or unread, and what to fix first."""

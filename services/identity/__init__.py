"""Who asks: sign-in, sessions, API keys, people and groups, and what they may read."""

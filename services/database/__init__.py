"""The ground's tables and transactions; SQL is the truth that every index is derived from."""

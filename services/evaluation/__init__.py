"""Is it good? Question sets, measures, comparison of two results, the gate of a promotion."""

"""`make bench`: seconds, memory and ratios to the physical floor. No test, no timed assertion."""

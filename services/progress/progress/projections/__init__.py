"""One file per question: how it is asked of the counters and facts, and the shape of its answer."""

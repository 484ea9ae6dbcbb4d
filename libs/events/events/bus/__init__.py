"""How events travel: subjects, streams, the relay, the feed."""

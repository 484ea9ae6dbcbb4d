"""Who needs or wants to hear: what is known of authorities, services and solutions, and the questions asked of it."""

"""What the notifier knows without asking anyone: pure functions over events, dates and bytes."""

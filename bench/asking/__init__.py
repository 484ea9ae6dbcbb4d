"""Questions to progress over HTTP, and the app that answers them beside a look-up by key."""

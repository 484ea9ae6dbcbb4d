"""One file per resource. A route reads the request, builds a command or a question, and answers."""

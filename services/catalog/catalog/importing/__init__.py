"""How files become rows: one file per format, pure from bytes to what a row says. Nothing here asks a database."""

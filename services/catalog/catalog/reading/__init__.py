"""What may be asked of the catalogue: one file per question, with the statement that answers it."""

"""What figures mean: measures, classes, definitions. Pure: nothing here does I/O."""

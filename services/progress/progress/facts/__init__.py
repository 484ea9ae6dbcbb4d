"""What the events said, as rows with small integer keys: the source from which every figure can be recounted."""

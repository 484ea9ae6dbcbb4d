"""What the catalog decides, one file per noun: the state, how events fold into it, and how commands become events or refusals."""

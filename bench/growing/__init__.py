"""How each measure grows: one file a measure, with `slope(bench)`; `logs` has the logs of growing length that they share."""

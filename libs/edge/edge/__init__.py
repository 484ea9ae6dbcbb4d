"""What every HTTP edge needs: problems, tokens, paging, health, metrics, logs."""

"""How rows become counters: one query says what every status contributes, whether it counts anew, corrects or verifies."""

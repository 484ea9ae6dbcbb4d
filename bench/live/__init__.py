"""How soon a write is seen: who writes, who watches, and the least that has to happen in between; each a process of its own."""

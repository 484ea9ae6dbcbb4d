"""Large sheets are kept in a process of their own, so that everybody else's calls have the catalog's thread to themselves."""

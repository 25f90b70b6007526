"""The language server: editors show findings while code is written, and apply fixes."""

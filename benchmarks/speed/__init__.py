"""How long a run takes, beside what people would run instead."""

"""How often the rules are right on code that nobody here wrote.

`packages.toml` names the packages, libraries and applications, with their versions; `verdicts/*.csv`, one file a rule,
holds what was read: place, verdict, reason.
"""

"""What fixes do to packages from PyPI: the same tests, before and after."""

"""What the example service takes, as it is and fixed."""

"""Commands of the terminal that have a file of their own; `cli.py` enters them."""

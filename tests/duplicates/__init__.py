"""What the finder of duplicates promises, measured on lists made here."""

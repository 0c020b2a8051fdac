"""Who may do what to which record: a table written by hand, tried cell by cell."""

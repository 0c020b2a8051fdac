"""The page of one customer, part by part."""

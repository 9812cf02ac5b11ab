"""The warehouse: what its tables are and how rows get into them."""

"""The embedded PostgreSQL: a real server from a wheel, for machines without one of their own."""

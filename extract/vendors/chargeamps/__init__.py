"""The vendor."""

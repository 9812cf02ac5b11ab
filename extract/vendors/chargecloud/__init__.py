"""ChargeCloud's public point-of-interest feed: one answer per city, no key."""

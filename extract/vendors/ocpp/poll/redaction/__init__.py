"""What is kept of OCPP messages, as data: `messages` and `types` give every field a kind, `kinds`
says what a kind keeps, `words` and `settings` list what the standard names, `tables` compiles it.
"""

"""What a person gives: tariffs. A file lands in the lake like a vendor's answer, versioned by the
time at which it was given, and is loaded and replayed like one.

| stream    | endpoint    | scope           | body                                  |
| --------- | ----------- | --------------- | ------------------------------------- |
| `tariffs` | `file`      | tariff's name   | the TOML file                         |
| `tariffs` | `companion` | tariff's name   | a file that it names: spot prices     |
"""

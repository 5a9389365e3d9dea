"""The benchmark's parts: figures (statistics), launch (one run), contestants, programs (what is built and fetched),
cases, rounds (the protocol), report (table, JSON), chart (SVG)."""

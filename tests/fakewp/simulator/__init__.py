"""WordPress as core answers strangers, read-only, on loopback: what `FakeWordPress` adds to, and what the demo recorded."""

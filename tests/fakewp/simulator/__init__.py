"""WordPress as core answers strangers, read-only, on loopback: what `FakeWordPress` is made of and the demo recorded from."""

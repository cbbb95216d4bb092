"""A WordPress for tests: faithful to core unless told to misbehave, over real sockets on loopback."""

from fakewp.canary import Canary, canary
from fakewp.faults import FAULTS, Fault
from fakewp.site import FakeWordPress

__all__ = ["FAULTS", "Canary", "FakeWordPress", "Fault", "canary"]

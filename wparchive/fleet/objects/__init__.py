"""The object store of a fleet: objects by key, made once or swapped, read by ranges, in a bucket or in a folder."""

from wparchive.fleet.objects.object_store import Listed, ObjectStore
from wparchive.fleet.objects.remote_warcs import RemoteWarcs

__all__ = ["Listed", "ObjectStore", "RemoteWarcs"]

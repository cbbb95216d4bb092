"""Two small recorded sites that are part of the package, and a server that replays them on loopback."""

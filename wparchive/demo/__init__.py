"""Two small recorded sites that ship inside the package, and a server that replays them on loopback."""

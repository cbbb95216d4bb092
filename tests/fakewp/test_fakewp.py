"""The fake is faithful where it isn't told to misbehave, and misbehaves as told where it is."""

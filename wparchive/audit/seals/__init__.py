"""Are the seals those of this archive, and are its WARCs those that were sealed?"""

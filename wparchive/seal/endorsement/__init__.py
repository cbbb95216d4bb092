"""What makes a seal somebody's word at some time: signatures, time stamps, and the programs that judge them."""

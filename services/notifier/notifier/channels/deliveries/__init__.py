"""What all channels that send have in common: deliveries are claimed, tried again, settled, given up and looked at in one way."""

"""AWS, behind the ports."""

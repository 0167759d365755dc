"""ServiceTrade, behind the ports."""

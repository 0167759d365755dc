"""Simulators of QuickBooks Online and ServiceTrade, a local cloud, and the demo on them."""

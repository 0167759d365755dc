"""QuickBooks Online, behind the ports."""

"""Golden ServiceTrade invoices, and what a person says that QuickBooks shall hold for each."""

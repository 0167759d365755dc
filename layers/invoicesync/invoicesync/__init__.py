"""InvoiceSync: the invoices of closed ServiceTrade jobs, in QuickBooks Online, exactly once."""

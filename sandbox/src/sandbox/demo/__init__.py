"""The demo: a made-up contractor's invoices, from one simulator to the other."""

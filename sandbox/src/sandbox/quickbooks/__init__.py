"""A simulator of QuickBooks Online: the engine in `company`, the HTTP app in `app`."""

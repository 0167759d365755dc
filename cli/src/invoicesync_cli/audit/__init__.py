"""`invoicesync audit`: compare the books before any trust is asked; nothing is posted."""

"""Texts that mean harm, put wherever the product writes texts, and what must not come of it."""

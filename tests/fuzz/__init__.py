"""Throw mutated answers, messages, mappings and addresses at what reads them."""

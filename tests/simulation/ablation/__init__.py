"""Defences of the product, each taken out of the running product to see the simulation notice."""

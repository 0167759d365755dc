"""Change the product a little, one change after another, and see which test notices."""

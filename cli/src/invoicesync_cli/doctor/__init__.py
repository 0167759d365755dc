"""`invoicesync doctor`: pure checks in `books`, `source` and `upkeep`, over what `facts` reads."""

"""Use cases, one verb a module, written against ports and state; they never import adapters."""

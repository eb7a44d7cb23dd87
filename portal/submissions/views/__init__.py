"""Pages of the collection service. Each asks ``access`` first, then parses, calls an action, answers."""

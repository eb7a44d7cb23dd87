"""Units of the map: the British National Grid counts metres, people count miles."""

METRES_PER_MILE = 1609.344

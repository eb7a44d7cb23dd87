"""Where each area stands on a tile map: column and row of a grid, roughly as on a map of England.

Codes are those of the Organisation Data Service (regions ``Y…``, integrated care boards ``Q…``).
A tile map gives every area the same room, so that London does not vanish and no outline is needed.
"""

REGIONS = {
    "Y62": (0, 0, "North West"),
    "Y63": (1, 0, "North East and Yorkshire"),
    "Y60": (0, 1, "Midlands"),
    "Y61": (1, 1, "East of England"),
    "Y58": (0, 2, "South West"),
    "Y59": (1, 2, "South East"),
    "Y56": (2, 2, "London"),
}

BOARDS = {
    "QHM": (3, 0, "N East and Cumbria"),
    "QE1": (2, 1, "Lancs and S Cumbria"),
    "QWO": (3, 1, "West Yorkshire"),
    "QOQ": (4, 1, "Humber and N Yorks"),
    "QYG": (1, 2, "Cheshire and Mersey"),
    "QOP": (2, 2, "Greater Manchester"),
    "QF7": (3, 2, "South Yorkshire"),
    "QJM": (4, 2, "Lincs"),
    "QOC": (1, 3, "Shropshire"),
    "QNC": (2, 3, "Staffs"),
    "QJ2": (3, 3, "Derbyshire"),
    "QT1": (4, 3, "Notts"),
    "QMM": (6, 3, "Norfolk"),
    "QUA": (1, 4, "Black Country"),
    "QHL": (2, 4, "Birmingham"),
    "QWU": (3, 4, "Coventry and Warks"),
    "QK1": (4, 4, "Leicester"),
    "QUE": (5, 4, "Cambs and Peterboro"),
    "QJG": (6, 4, "Suffolk and NE Essex"),
    "QGH": (1, 5, "Hereford and Worcs"),
    "QR1": (2, 5, "Gloucester"),
    "QU9": (3, 5, "Bucks, Oxon, Berks W"),
    "QPM": (4, 5, "Northants"),
    "QHG": (5, 5, "Beds, Luton, MK"),
    "QM7": (6, 5, "Herts and W Essex"),
    "QUY": (1, 6, "Bristol and N Som"),
    "QOX": (2, 6, "Bath and Wiltshire"),
    "QNQ": (3, 6, "Frimley"),
    "QRV": (4, 6, "NW London"),
    "QMJ": (5, 6, "NC London"),
    "QMF": (6, 6, "NE London"),
    "QH8": (7, 6, "Mid and S Essex"),
    "QSL": (1, 7, "Somerset"),
    "QRL": (3, 7, "Hants and IoW"),
    "QXU": (4, 7, "Surrey"),
    "QWE": (5, 7, "SW London"),
    "QKK": (6, 7, "SE London"),
    "QKS": (7, 7, "Kent and Medway"),
    "QT6": (0, 8, "Cornwall and Scilly"),
    "QJK": (1, 8, "Devon"),
    "QVV": (2, 8, "Dorset"),
    "QNX": (5, 8, "Sussex"),
}


def layout_for(codes: set[str]) -> dict[str, tuple[int, int, str]] | None:
    """Return the layout that holds every code, or None where a tile map cannot be drawn."""
    return next((layout for layout in (REGIONS, BOARDS) if codes and codes <= layout.keys()), None)

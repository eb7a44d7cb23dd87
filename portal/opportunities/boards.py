"""Integrated care boards: statistical code, the NHS code that other datasets use, and a place on a tile map.

A tile map gives every board the same room, so that London does not vanish and no outline is needed.
Names and codes: Office for National Statistics, December 2024, Open Government Licence v3.0.
"""

#: Statistical code to column, row and short name.
BOARDS: dict[str, tuple[int, int, str]] = {
    "E54000050": (3, 0, "N East and Cumbria"),
    "E54000048": (2, 1, "Lancs and S Cumbria"),
    "E54000054": (3, 1, "West Yorkshire"),
    "E54000051": (4, 1, "Humber and N Yorks"),
    "E54000008": (1, 2, "Cheshire and Mersey"),
    "E54000057": (2, 2, "Greater Manchester"),
    "E54000061": (3, 2, "South Yorkshire"),
    "E54000013": (4, 2, "Lincs"),
    "E54000011": (1, 3, "Shropshire"),
    "E54000010": (2, 3, "Staffs"),
    "E54000058": (3, 3, "Derbyshire"),
    "E54000060": (4, 3, "Notts"),
    "E54000022": (6, 3, "Norfolk"),
    "E54000062": (1, 4, "Black Country"),
    "E54000055": (2, 4, "Birmingham"),
    "E54000018": (3, 4, "Coventry and Warks"),
    "E54000015": (4, 4, "Leicester"),
    "E54000056": (5, 4, "Cambs and Peterboro"),
    "E54000023": (6, 4, "Suffolk and NE Essex"),
    "E54000019": (1, 5, "Hereford and Worcs"),
    "E54000043": (2, 5, "Gloucester"),
    "E54000044": (3, 5, "Bucks, Oxon, Berks W"),
    "E54000059": (4, 5, "Northants"),
    "E54000024": (5, 5, "Beds, Luton, MK"),
    "E54000025": (6, 5, "Herts and W Essex"),
    "E54000039": (1, 6, "Bristol and N Som"),
    "E54000040": (2, 6, "Bath and Wiltshire"),
    "E54000034": (3, 6, "Frimley"),
    "E54000027": (4, 6, "NW London"),
    "E54000028": (5, 6, "NC London"),
    "E54000029": (6, 6, "NE London"),
    "E54000026": (7, 6, "Mid and S Essex"),
    "E54000038": (1, 7, "Somerset"),
    "E54000042": (3, 7, "Hants and IoW"),
    "E54000063": (4, 7, "Surrey"),
    "E54000031": (5, 7, "SW London"),
    "E54000030": (6, 7, "SE London"),
    "E54000032": (7, 7, "Kent and Medway"),
    "E54000036": (0, 8, "Cornwall and Scilly"),
    "E54000037": (1, 8, "Devon"),
    "E54000041": (2, 8, "Dorset"),
    "E54000064": (5, 8, "Sussex"),
}
#: Statistical code to the code of the Organisation Data Service.
NHS_CODES = {
    "E54000008": "QYG",  # Cheshire and Merseyside
    "E54000010": "QNC",  # Staffordshire and Stoke-on-Trent
    "E54000011": "QOC",  # Shropshire, Telford and Wrekin
    "E54000013": "QJM",  # Lincolnshire
    "E54000015": "QK1",  # Leicester, Leicestershire and Rutland
    "E54000018": "QWU",  # Coventry and Warwickshire
    "E54000019": "QGH",  # Herefordshire and Worcestershire
    "E54000022": "QMM",  # Norfolk and Waveney
    "E54000023": "QJG",  # Suffolk and North East Essex
    "E54000024": "QHG",  # Bedfordshire, Luton and Milton Keynes
    "E54000025": "QM7",  # Hertfordshire and West Essex
    "E54000026": "QH8",  # Mid and South Essex
    "E54000027": "QRV",  # North West London
    "E54000028": "QMJ",  # North Central London
    "E54000029": "QMF",  # North East London
    "E54000030": "QKK",  # South East London
    "E54000031": "QWE",  # South West London
    "E54000032": "QKS",  # Kent and Medway
    "E54000034": "QNQ",  # Frimley
    "E54000036": "QT6",  # Cornwall and the Isles of Scilly
    "E54000037": "QJK",  # Devon
    "E54000038": "QSL",  # Somerset
    "E54000039": "QUY",  # Bristol, North Somerset and South Gloucestershire
    "E54000040": "QOX",  # Bath and North East Somerset, Swindon and Wiltshire
    "E54000041": "QVV",  # Dorset
    "E54000042": "QRL",  # Hampshire and Isle of Wight
    "E54000043": "QR1",  # Gloucestershire
    "E54000044": "QU9",  # Buckinghamshire, Oxfordshire and Berkshire West
    "E54000048": "QE1",  # Lancashire and South Cumbria
    "E54000050": "QHM",  # North East and North Cumbria
    "E54000051": "QOQ",  # Humber and North Yorkshire
    "E54000054": "QWO",  # West Yorkshire
    "E54000055": "QHL",  # Birmingham and Solihull
    "E54000056": "QUE",  # Cambridgeshire and Peterborough
    "E54000057": "QOP",  # Greater Manchester
    "E54000058": "QJ2",  # Derby and Derbyshire
    "E54000059": "QPM",  # Northamptonshire
    "E54000060": "QT1",  # Nottingham and Nottinghamshire
    "E54000061": "QF7",  # South Yorkshire
    "E54000062": "QUA",  # Black Country
    "E54000063": "QXU",  # Surrey Heartlands
    "E54000064": "QNX",  # Sussex
}

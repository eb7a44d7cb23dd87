"""What the synthetic workforce is anchored to: roles with their sizes, and places.

Sizes are posts in England at scale 1 (about 12,000). The published figures behind them: 466
doctors in occupational medicine on the GMC's list in 2013; one occupational health nurse to
9,700 workers in 2016, which is about 3,200; some 350 physiotherapists in the specialist
association in 2014. The rest of the split is our assumption, as the methodology page says.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RoleAnchor:
    """How many posts a role has, and what its holders look like."""

    code: str
    group: str
    posts: int
    titles: tuple[str, ...]
    body: str = "none"
    part: str = ""
    qualifications: tuple[str, ...] = ()
    qualified_share: float = 0.0
    functions: tuple[str, ...] = ()
    women: float = 0.6
    full_time: float = 0.55
    oh_share: float = 0.85
    "Share of holders who spend all their time on occupational health."
    age: tuple[float, float] = (46.0, 10.5)


ROLES: tuple[RoleAnchor, ...] = (
    RoleAnchor(
        "doc-specialist", "doctors", 400,
        ("Consultant occupational physician", "Consultant in occupational medicine", "Specialist occupational physician"),
        "gmc", "specialist-om", ("mfom", "ffom"), 0.97, ("appointed-doctor",), 0.38, 0.52, 0.93, (53.0, 9.0),
    ),
    RoleAnchor(
        "doc-fellow", "doctors", 45, ("Honorary consultant occupational physician", "Chief medical officer"),
        "gmc", "specialist-om", ("ffom",), 1.0, ("appointed-doctor",), 0.3, 0.5, 0.8, (59.0, 6.5),
    ),
    RoleAnchor(
        "doc-afom", "doctors", 105, ("Occupational health physician", "OH physician (AFOM)"),
        "gmc", "gp", ("afom",), 1.0, ("appointed-doctor",), 0.42, 0.5, 0.8, (51.0, 9.0),
    ),
    RoleAnchor(
        "doc-doccmed", "doctors", 320, ("OH doctor", "GP with OH sessions", "Sessional OH physician"),
        "gmc", "gp", ("doccmed",), 1.0, (), 0.47, 0.16, 0.25, (50.0, 9.5),
    ),
    RoleAnchor(
        "doc-none", "doctors", 85, ("OH doctor", "Medical adviser"),
        "gmc", "gp", (), 0.0, (), 0.44, 0.2, 0.3, (50.0, 10.0),
    ),
    RoleAnchor(
        "doc-trainee", "doctors", 75, ("Specialty registrar in occupational medicine", "StR occupational medicine"),
        "gmc", "training", ("in-training",), 0.8, (), 0.55, 0.7, 1.0, (36.0, 5.0),
    ),
    RoleAnchor(
        "doc-appointed", "doctors", 30, ("HSE appointed doctor",),
        "gmc", "gp", ("doccmed",), 0.8, ("appointed-doctor",), 0.35, 0.2, 0.3, (55.0, 8.0),
    ),
    RoleAnchor(
        "nur-scphn", "nurses", 1150,
        ("OH nurse specialist (SCPHN)", "Senior OH adviser", "Specialist practitioner OH", "OHN"),
        "nmc", "part-3-scphn-oh", ("scphn-oh",), 1.0, (), 0.93, 0.55, 0.95, (50.0, 9.0),
    ),
    RoleAnchor(
        "nur-oh-spec", "nurses", 620, ("OH specialist nurse", "Occupational health nurse", "OH nurse specialist"),
        "nmc", "part-1", ("other-pg-oh-nursing", "dip-oh-practice"), 0.95, (), 0.93, 0.55, 0.95, (48.0, 9.5),
    ),
    RoleAnchor(
        "nur-oh-pract", "nurses", 1050, ("OH adviser", "OH practitioner", "Occupational health nurse adviser"),
        "nmc", "part-1", ("dip-oh-practice", "in-training"), 0.35, (), 0.92, 0.6, 0.95, (43.0, 10.0),
    ),
    RoleAnchor(
        "nur-screen", "nurses", 260, ("Screening nurse", "Immunisation nurse", "Travel health nurse"),
        "nmc", "part-1", (), 0.05, (), 0.94, 0.4, 0.6, (44.0, 11.0),
    ),
    RoleAnchor(
        "nur-manager", "nurses", 170, ("OH nurse manager", "Head of occupational health"),
        "nmc", "part-1", ("scphn-oh", "msc-oh"), 0.6, (), 0.89, 0.85, 0.9, (51.0, 8.0),
    ),
    RoleAnchor(
        "tech", "technicians", 900, ("OH technician", "OHT", "Occupational health support worker"),
        "none", "", ("oht-level-3",), 0.3, (), 0.8, 0.7, 1.0, (37.0, 11.0),
    ),
    RoleAnchor(
        "physio", "allied-health", 380, ("OH physiotherapist", "Musculoskeletal physiotherapist"),
        "hcpc", "physiotherapist", ("acpohe",), 0.7, (), 0.7, 0.5, 0.7, (40.0, 9.0),
    ),
    RoleAnchor(
        "ot", "allied-health", 160, ("Occupational therapist", "Vocational occupational therapist"),
        "hcpc", "occupational-therapist", (), 0.1, (), 0.88, 0.5, 0.65, (41.0, 9.5),
    ),
    RoleAnchor(
        "psych-occ", "psychological", 70, ("Occupational psychologist",),
        "hcpc", "practitioner-psychologist", (), 0.2, (), 0.68, 0.5, 0.7, (43.0, 10.0),
    ),
    RoleAnchor(
        "psych-clin", "psychological", 260, ("CBT therapist", "Counselling psychologist", "Clinical psychologist"),
        "hcpc", "practitioner-psychologist", (), 0.05, (), 0.78, 0.4, 0.6, (42.0, 10.0),
    ),
    RoleAnchor(
        "counsel", "psychological", 520, ("Counsellor", "EAP counsellor", "Staff counsellor"),
        "other", "accredited-register", (), 0.0, (), 0.82, 0.25, 0.4, (51.0, 10.0),
    ),
    RoleAnchor(
        "hyg", "workplace", 420, ("Occupational hygienist", "Hygiene technician"),
        "foh", "psa-accredited", ("bohs-certificate", "bohs-diploma"), 0.75, (), 0.33, 0.8, 0.9, (42.0, 11.0),
    ),
    RoleAnchor(
        "ergo", "workplace", 140, ("Ergonomist", "Human factors specialist"),
        "other", "ciehf", ("ciehf",), 0.7, (), 0.5, 0.6, 0.6, (41.0, 10.5),
    ),
    RoleAnchor(
        "hs", "workplace", 900, ("Health and safety adviser", "Health and safety manager"),
        "other", "iosh", ("nebosh-iosh",), 0.8, (), 0.36, 0.85, 0.2, (46.0, 10.5),
    ),
    RoleAnchor(
        "vr", "support", 220, ("Vocational rehabilitation consultant",),
        "other", "vra", (), 0.0, (), 0.75, 0.6, 0.8, (45.0, 10.0),
    ),
    RoleAnchor(
        "case", "support", 380, ("Case manager", "Absence case manager"),
        "none", "", (), 0.0, (), 0.77, 0.7, 0.8, (42.0, 11.0),
    ),
    RoleAnchor(
        "audio", "allied-health", 60, ("Audiologist", "Optometrist", "Podiatrist"),
        "hcpc", "other-profession", (), 0.0, (), 0.65, 0.4, 0.3, (42.0, 10.0),
    ),
    RoleAnchor(
        "tox", "workplace", 25, ("Toxicologist", "Radiation protection adviser"),
        "other", "voluntary", (), 0.0, (), 0.45, 0.6, 0.4, (47.0, 9.5),
    ),
    RoleAnchor(
        "wellbeing", "support", 420, ("Health and wellbeing coach", "Wellbeing adviser", "Health promotion specialist"),
        "none", "", (), 0.0, (), 0.82, 0.6, 0.5, (39.0, 11.0),
    ),
    RoleAnchor(
        "admin", "support", 1850, ("OH administrator", "OH receptionist", "Call handler", "OH contract manager"),
        "none", "", (), 0.0, (), 0.86, 0.6, 0.95, (43.0, 12.5),
    ),
    RoleAnchor(
        "edu", "support", 60, ("OH lecturer", "Senior lecturer (SCPHN)", "OH researcher"),
        "nmc", "part-3-scphn-oh", ("scphn-oh", "msc-oh"), 0.7, (), 0.8, 0.6, 0.6, (52.0, 8.5),
    ),
)  # fmt: skip

#: Posts at scale 1; the demo's size.
BASE_POSTS = sum(role.posts for role in ROLES)

#: Integrated care boards by NHS England region: the organisation codes in force in 2022 to 2025.
ICBS_OF_REGION: dict[str, tuple[str, ...]] = {
    "Y56": ("QKK", "QMF", "QMJ", "QRV", "QWE"),
    "Y58": ("QJK", "QOX", "QR1", "QSL", "QT6", "QUY", "QVV"),
    "Y59": ("QKS", "QNQ", "QNX", "QRL", "QU9", "QXU"),
    "Y60": ("QGH", "QHL", "QJ2", "QJM", "QK1", "QNC", "QOC", "QPM", "QT1", "QUA", "QWU"),
    "Y61": ("QH8", "QHG", "QJG", "QM7", "QMM", "QUE"),
    "Y62": ("QE1", "QOP", "QYG"),
    "Y63": ("QF7", "QHM", "QOQ", "QWO"),
}
#: The large conurbations hold more of everything.
LARGE_ICBS = frozenset({"QHM", "QOP", "QYG", "QWO", "QRV", "QKK", "QMF", "QMJ", "QHL", "QE1"})


@dataclass(frozen=True)
class ProviderAnchor:
    """How common a type of provider is, how large, and whom it employs."""

    code: str
    share: float
    size: float
    "Mean of the logarithm of an organisation's weight."
    response: float
    names: tuple[str, ...]
    national: bool = False
    groups: dict[str, float] = field(default_factory=dict)


PROVIDERS: tuple[ProviderAnchor, ...] = (
    ProviderAnchor("nhs_internal", 0.16, 3.0, 0.97, ("NHS Foundation Trust", "NHS Trust"),
                   groups={"doctors": 1.3, "nurses": 1.4, "allied-health": 1.2, "psychological": 1.0, "support": 1.2}),
    ProviderAnchor("nhs_external", 0.06, 3.6, 0.98, ("Teaching Hospitals NHS Trust", "Hospitals NHS Foundation Trust"),
                   groups={"doctors": 1.5, "nurses": 1.4, "technicians": 0.8, "support": 1.2}),
    ProviderAnchor("in_house_private", 0.14, 1.6, 0.66, ("Manufacturing", "Logistics", "Energy", "Foods"),
                   groups={"nurses": 1.0, "technicians": 1.2, "workplace": 2.0, "support": 1.8}),
    ProviderAnchor("in_house_public", 0.13, 1.9, 0.88, ("Council", "Constabulary", "Fire and Rescue Service"),
                   groups={"nurses": 1.0, "support": 1.5, "psychological": 1.3}),
    ProviderAnchor("commercial_national", 0.03, 5.0, 0.8, ("Occupational Health Group", "Workplace Health plc"),
                   national=True, groups={"technicians": 1.8, "nurses": 1.2, "allied-health": 1.3, "support": 1.2}),
    ProviderAnchor("commercial_regional", 0.21, 2.1, 0.74, ("Occupational Health Ltd", "Health at Work Ltd"),
                   groups={"technicians": 1.8, "nurses": 1.1}),
    ProviderAnchor("sole_trader", 0.14, -0.2, 0.6, ("OH Consulting", "Occupational Medicine Services"),
                   groups={"doctors": 2.0, "nurses": 1.5, "workplace": 2.0, "support": 0.15}),
    ProviderAnchor("gp_practice", 0.04, 0.4, 0.62, ("Medical Practice", "Surgery"), groups={"doctors": 6.0, "support": 0.6}),
    ProviderAnchor("insurer", 0.015, 4.3, 0.7, ("Assurance", "Employee Assistance"),
                   national=True, groups={"psychological": 6.0, "support": 2.0, "nurses": 0.4, "technicians": 0.1}),
    ProviderAnchor("university", 0.035, 1.5, 0.9, ("University",), groups={"support": 1.2, "nurses": 1.2}),
    ProviderAnchor("charity", 0.02, 1.3, 0.75, ("Workplace Trust",), groups={"psychological": 2.0, "support": 2.0}),
    ProviderAnchor("hybrid", 0.02, 2.8, 0.8, ("Partnership",), groups={}),
)  # fmt: skip

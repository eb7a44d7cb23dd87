"""Rules and records for tests of the rule language: every engine must answer alike."""

from __future__ import annotations

from hypothesis import strategies as st

from portal.methods import rules

WORDS = rules.Vocabulary(
    roles={"doc": "Doctor", "nur": "Nurse", "tech": "Technician", "adm": "Administrator"},
    groups={"clinical": "Clinical", "support": "Support", "empty": "Nobody yet"},
    group_of_role={"doc": "clinical", "nur": "clinical", "tech": "support", "adm": "support"},
    bodies={"gmc": "General Medical Council", "nmc": "Nursing and Midwifery Council"},
    parts={"gmc": {"specialist": "Specialist Register"}, "nmc": {"part-1": "Part 1", "part-3": "Part 3"}},
    qualifications={"mfom": "MFOM", "afom": "AFOM"},
    functions={"appointed-doctor": "Appointed Doctor"},
    contracts={"permanent": "Permanent", "bank": "Bank"},
    registration_statuses={"registered": "Registered", "suspended": "Suspended"},
    perspectives={"D1": "Core"},
    perspective_rules={"D1": {"role": ["doc", "nur"]}},
    builds_on={"D1": []},
)

ATOMS = st.one_of(
    st.just({"everyone": True}),
    st.lists(st.sampled_from(list(WORDS.roles)), min_size=1, unique=True).map(lambda codes: {"role": codes}),
    st.sampled_from([{"group": ["clinical"]}, {"group": ["support"]}, {"perspective": "D1"}]),
    st.sampled_from([{"qualification": ["mfom"]}, {"qualification": ["mfom", "afom"]}]),
    st.sampled_from([{"function": ["appointed-doctor"]}, {"contract": ["bank"]}]),
    st.sampled_from([{"registration_status": ["registered"]}, {"registration_status": ["registered", "suspended"]}]),
    st.sampled_from([{"share_at_least": 200}, {"share_at_least": 500}, {"share_at_least": 1000}]),
    st.sampled_from(
        [{"registration": {"body": "gmc"}}, {"registration": {"body": "nmc", "part": "part-3"}}],
    ),
)
RULES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=8,
)
RECORDS = [
    {
        "role_code": role,
        "registration_body": body,
        "registration_part": part,
        "registration_status": status,
        "qualifications": qualifications,
        "functions": functions,
        "contract_type": contract,
        "oh_share_milli": share,
    }
    for role in WORDS.roles
    for body, part in [("gmc", "specialist"), ("none", "not_known"), ("nmc", "part-3")]
    for qualifications in ["|xafom|", "|mfom|", "|afom|mfom|", "|afom|"]
    for status in ["registered", "suspended", "not_known"]
    for functions in ["", "|appointed-doctor|"]
    for contract in ["permanent", "bank"]
    for share in [199, 200, 500, 1000]
]

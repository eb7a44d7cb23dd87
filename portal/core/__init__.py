"""Ground floor: abstract models, audit events, locks, storage. Knows no domain."""

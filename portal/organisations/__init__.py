"""The register of providers and hosts."""

"""Sign-in with an account of another service, by OpenID Connect and the environment alone."""

from __future__ import annotations

from typing import Any

#: Part of the address that the other service sends people back to: /accounts/oidc/portal/login/callback/.
PROVIDER_ID = "portal"


def providers(env: Any) -> dict[str, Any]:
    """Return allauth's ``SOCIALACCOUNT_PROVIDERS``; no service where none is named."""
    server = env.str("OIDC_SERVER_URL", default="")
    app = {
        "provider_id": PROVIDER_ID,
        "name": env.str("OIDC_NAME", default=""),
        "client_id": env.str("OIDC_CLIENT_ID", default=""),
        "secret": env.str("OIDC_CLIENT_SECRET", default=""),
        "settings": {"server_url": server},
    }
    return {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "SCOPE": ["openid", "email"], "APPS": [app] if server else []}
    }

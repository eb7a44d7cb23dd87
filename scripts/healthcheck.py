"""Ask this container's own web process whether it lives; exit 1 when it does not."""

from __future__ import annotations

import http.client
import os
import sys

OK = 200


def main() -> int:
    """Ask as a proxy would: by the site's own name, over what was HTTPS."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0]
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT") or 8000), timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Host": host, "X-Forwarded-Proto": "https"})
        return 0 if connection.getresponse().status == OK else 1
    except OSError as error:
        print(error)
        return 1


if __name__ == "__main__":
    sys.exit(main())

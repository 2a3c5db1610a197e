"""By which names servers of this machine may be asked.

A browser does what pages of anybody tell it, and a name of theirs may suddenly mean 127.0.0.1 (DNS rebinding). It tells
on them by Host, which pages cannot write.
"""

import ipaddress
from urllib.parse import urlsplit


def is_own_host(header: str, names: frozenset[str]) -> bool:
    """Whether a Host header says an IP address, localhost or one of `names` (lower case): no page can rebind those.

    Names below localhost never leave the machine (RFC 6761, 6.3). HTTP/1.0 sends no Host, a browser always does.
    """
    try:
        name = (urlsplit(f"//{header}").hostname or "?").lower() if header else ""
        if name in ("", "localhost", *names) or name.endswith(".localhost"):
            return True
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

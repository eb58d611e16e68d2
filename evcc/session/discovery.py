"""What a session asks for in discovery, and what it does where a station has less.

Data in, rules out.  Contracts are paid with over TLS only, so a connection without it is one of
external payment whatever else is allowed here.
"""

from collections.abc import Sequence

from bsw.chrgm.applications import Application, any_on_tls
from bsw.sdp.messages import Security
from bsw.sdp.search import Mismatch, SearchRules
from evcc.config import WithoutTls


def search_rules(
    applications: Sequence[Application],
    without_tls: WithoutTls,
    *,
    tls: bool,
    in_vain: bool = False,
) -> SearchRules:
    """``tls``: we have it; ``in_vain``: this station speaks nothing of ours over it."""
    lenient = without_tls == "external"
    useless = in_vain or not any_on_tls(applications)
    if not tls or (lenient and useless):
        return SearchRules(ask=Security.NONE)
    less = Mismatch.ACCEPT if lenient else Mismatch.REFUSE
    return SearchRules(ask=Security.TLS, offered_less=less)

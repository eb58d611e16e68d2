"""The station's scripts, by the agreed application."""

from typing import Final

from bsw.chrgm.responder import ResponderScript
from bsw.chrgm.script import Scripts

SCRIPTS: Final = Scripts[ResponderScript]("secc.session.handlers")

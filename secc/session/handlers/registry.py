"""The station's scripts, by the agreed application."""

from typing import Final

from bsw.chrgm.engine.responder import ResponderScript
from bsw.chrgm.engine.script import Scripts

SCRIPTS: Final = Scripts[ResponderScript]("secc.session.handlers")

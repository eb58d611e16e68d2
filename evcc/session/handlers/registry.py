"""The vehicle's scripts, by the agreed application."""

from typing import Final

from bsw.chrgm.engine.initiator import InitiatorScript
from bsw.chrgm.engine.script import Scripts

SCRIPTS: Final = Scripts[InitiatorScript]("evcc.session.handlers")

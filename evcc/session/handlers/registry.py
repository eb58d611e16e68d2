"""The vehicle's scripts, by the agreed application."""

from typing import Final

from bsw.chrgm.initiator import InitiatorScript
from bsw.chrgm.script import Scripts

SCRIPTS: Final = Scripts[InitiatorScript]("evcc.session.handlers")

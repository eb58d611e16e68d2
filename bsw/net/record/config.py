"""What an integrator may set about captures.  Pure data."""

from typing import Annotated

from pydantic import Field

from bsw.ecuc.part import Part
from bsw.ecuc.references import NewPath


class CaptureConfig(Part):
    """A pcapng file for Wireshark: HomePlug frames, SDP and TCP, in both directions."""

    file: NewPath | None = None
    """``null`` records nothing.  With ``tls.lab_key_log_file`` the keys are put into it."""
    keep: Annotated[int, Field(ge=1, le=99)] = 4
    """Captures of earlier starts, ``FILE.1`` (the latest) to ``FILE.4``."""

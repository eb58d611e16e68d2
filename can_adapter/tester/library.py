"""can-isotp without python-can.

The library looks for python-can to offer classes that are not used here.  Finding it loads it,
which takes as long as half of our own modules; a bus that needs it has it already.
"""

import sys
from typing import Final

_HIDDEN: Final = "can" not in sys.modules
if _HIDDEN:
    sys.modules["can"] = None  # type: ignore[assignment]  # how Python says: not to be imported
import isotp  # noqa: E402
from isotp.tools import Timer  # noqa: E402

if _HIDDEN:
    del sys.modules["can"]

__all__ = ["Timer", "isotp"]

"""Which release this is, for records that have to say it without asking the installation."""

from typing import Final

VERSION: Final = "0.1.0"

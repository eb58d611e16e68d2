"""The schema compiler: from XSD files to the message modules of ``bsw.chrgm.messages``."""

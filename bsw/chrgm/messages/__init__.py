"""Every message of every protocol as a typed, frozen, checked class.

``sap``, ``din``, ``iso2``, ``iso20.*`` and ``xmldsig`` are generated from the official schemas by
``v2g schema``; ``kinds``, ``content``, ``model`` and ``units`` are what they are made of.  Import
the one module you speak: none of them loads another protocol.
"""

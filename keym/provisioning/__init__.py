"""Contracts on their way into a vehicle: made by a provider, unwrapped by the vehicle.

A provider (back end, or a station that plays one) encloses a contract key so that only one
vehicle's key store can open it; the vehicle checks who sent it before it opens anything, and puts
the key where it never leaves again.  ``envelope`` is the cryptography, ``vehicle_*`` and
``provider_*`` are the two roles in both editions, ``codes`` says in response codes what was wrong.
"""

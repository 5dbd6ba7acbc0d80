"""How much could one selfish agent gain? Exactly, exactly within the world's limits, and certified without search.

Found ≤ bounded ≤ exact ≤ certified: attacks find the first, this package computes the others.
"""

from robosim.certificates.certificate import Certificate, certify, certify_record, rounds_needed

__all__ = ["Certificate", "certify", "certify_record", "rounds_needed"]

"""Pictures of a rendezvous."""

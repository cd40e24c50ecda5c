"""The page for the iFrame in an agent's script: one call's transcript, view only, without cookies."""

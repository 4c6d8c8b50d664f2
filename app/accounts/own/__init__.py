"""What everybody can ask for their own account: an archive of their data, and to be deleted."""

"""What a study trains: our own models, and those of the user."""

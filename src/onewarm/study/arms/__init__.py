"""The arms of a study: what each trains on."""

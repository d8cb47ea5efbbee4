"""The contents of the panels of a concept's page, and the check of a concept folder."""

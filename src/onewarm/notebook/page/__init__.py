"""What the panels of a concept's page show, and the check of a concept folder."""

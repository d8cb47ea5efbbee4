"""What a study says: which arm, what it gains and costs."""

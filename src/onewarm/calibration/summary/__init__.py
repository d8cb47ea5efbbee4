"""What one pass over predictions keeps, in bounded memory: sums that merge, and from which every metric follows."""

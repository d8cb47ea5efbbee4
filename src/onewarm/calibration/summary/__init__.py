"""The statistics of one pass over predictions, in bounded memory: sums that merge, from which every metric follows."""

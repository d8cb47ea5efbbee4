"""What may spoil an audit: labels of other rows, permuted classes, copies, runs of near-equal rows, no confidence."""

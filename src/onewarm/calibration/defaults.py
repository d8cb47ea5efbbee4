"""The number of bins and the level of intervals, for every metric, plot and report that names none of its own."""

BINS = 15
"""Equal-width bins of confidence, as in Guo et al., ICML 2017; divides both kinds of cells that a summary keeps."""

LEVEL = 0.95
"""Coverage of an interval or a band."""

ESTIMATE_LEVEL = 0.9
"""Coverage of ``estimate``: at .9 each end alone is missed in 5 % of samples, so that "the error is above ``low``" can
be asserted at the usual 5 %. A public default since the first version; changing it would change users' numbers."""

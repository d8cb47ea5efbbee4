"""What could be done about a model's probabilities: options, each cross-fitted and scored, and which one is advised."""

from onewarm.audit.remedies.compare import compare as compare
from onewarm.audit.remedies.option import LEAST_GAIN as LEAST_GAIN
from onewarm.audit.remedies.option import Option as Option
from onewarm.audit.remedies.option import Remedies as Remedies
from onewarm.audit.remedies.row_scores import row_brier as row_brier
from onewarm.audit.remedies.row_scores import row_nll as row_nll
from onewarm.audit.remedies.row_scores import shares as shares

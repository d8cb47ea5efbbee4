"""What a user of the probabilities relies on, as questions with simultaneous intervals; and the rows that they need."""

from onewarm.audit.questions.ask import ask as ask
from onewarm.audit.questions.power import rows_needed as rows_needed
from onewarm.audit.questions.power import visible_error as visible_error

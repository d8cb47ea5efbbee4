"""What a user of the probabilities relies on, as questions with simultaneous intervals; and the rows that they need."""

from onewarm.audit.questions.ask import ask as ask

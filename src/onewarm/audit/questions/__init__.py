"""What a user of the probabilities relies on, as questions with simultaneous intervals."""

from onewarm.audit.questions.ask import ask as ask

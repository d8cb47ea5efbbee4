"""The commands of `onewarm claims`."""

"""The commands of `onewarm concept`."""

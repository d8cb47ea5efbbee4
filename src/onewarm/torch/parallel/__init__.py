"""Losses over a vocabulary whose classes are spread over the ranks of a process group."""

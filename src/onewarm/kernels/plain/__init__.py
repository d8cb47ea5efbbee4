"""The loss of a row in NumPy alone: what the compiled kernel computes, where it cannot be or is not wanted."""

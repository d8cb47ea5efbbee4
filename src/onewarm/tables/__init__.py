"""Reading tables: files as batches of columns, in bounded memory, checked with file, row and column in every error."""

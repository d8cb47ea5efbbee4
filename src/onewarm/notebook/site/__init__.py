"""The built site: its files, and the server for it."""

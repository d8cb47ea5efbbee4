"""The presentation of an audit: on a terminal, and as one HTML file."""

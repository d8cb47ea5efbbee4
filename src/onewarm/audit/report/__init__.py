"""What an audit looks like: on a terminal, and as one HTML file."""

"""The notebook: pages and a site made of concept folders."""

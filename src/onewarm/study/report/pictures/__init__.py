"""The pictures of a study, as static SVG that needs no colour to be read."""

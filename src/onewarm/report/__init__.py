"""What every report is made of: numbers in words, tables, pictures as SVG, a self-contained page, a terminal."""

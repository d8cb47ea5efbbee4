"""What an author writes: concept folders are started, read, validated and run here."""

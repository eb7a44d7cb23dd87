"""Publication series, release pages and the release calendar."""

"""What a unit may track: properties of each place in a text, as numbers."""

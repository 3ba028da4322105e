"""What a model is worth: bits per byte, answers that can be checked, and honest intervals."""

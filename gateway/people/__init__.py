"""Who is who, and what they agreed to."""

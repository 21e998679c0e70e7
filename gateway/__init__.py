"""taggate: a tracking gateway that decides where a User ID may go."""

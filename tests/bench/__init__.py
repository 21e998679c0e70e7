"""Every speed that is promised, as a comparison that anybody can run; see README.md."""

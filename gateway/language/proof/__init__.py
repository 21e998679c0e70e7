"""What can ever become of a hit, for every possible hit at once: a circuit of all triggers over what their matchers
can tell apart, and a SAT solver that looks for a hit in it."""

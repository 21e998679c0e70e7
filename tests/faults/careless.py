"""`taggate` with a commit that is not fsynced, so that the power cut test can be seen to fail."""

from gateway.cli import main
from gateway.store import database

careful = database._PRAGMAS
database._PRAGMAS = tuple(pragma.replace("synchronous=FULL", "synchronous=NORMAL") for pragma in careful)
assert careful != database._PRAGMAS, "this is the careful one"

if __name__ == "__main__":
    main()

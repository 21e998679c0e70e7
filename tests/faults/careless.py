"""`taggate` with a commit that is not fsynced, so that the power cut test can be seen to fail."""

from gateway.cli import main
from gateway.store import database

database._PRAGMAS = tuple(pragma.replace("synchronous=FULL", "synchronous=NORMAL") for pragma in database._PRAGMAS)

if __name__ == "__main__":
    main()

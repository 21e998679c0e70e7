"""Why a file cannot be used."""


class DatabaseError(Exception):
    """The file cannot be used.

    DatabaseError
    ├─ Damaged       not a database, malformed, or not one of ours
    ├─ Newer         made by a later version of taggate
    └─ NotMigrated   made by an earlier one, and could not be brought up to date; it is as it was
    """


class Damaged(DatabaseError):
    """Not a database, malformed, or not one of ours."""


class Newer(DatabaseError):
    """Made by a later version of taggate."""


class NotMigrated(DatabaseError):
    """Made by an earlier version of taggate, and left as it was."""

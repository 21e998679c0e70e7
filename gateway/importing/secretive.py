"""What looks like a secret: such a value never goes into a file, a comment or a report."""

import re

_NAMES = re.compile(
    r"token|secret|passw|passphrase|api[ _-]?key|private[ _-]?key|access[ _-]?key|write[ _-]?key|signing|"
    r"credential|authori[sz]ation|\bbearer\b|dsn\b",
    re.IGNORECASE,
)
_VALUES = re.compile(
    r"^(?=.*[0-9])(?=.*[A-Fa-f])[0-9a-fA-F]{24,}$"  # hexadecimal, as token_auth is
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+"  # a JWT
    r"|\b(sk|pk|rk|whsec|ghp|gho|xox[abp]|shpat|AKIA|AIza)[_-]?[A-Za-z0-9_-]{12,}"
    r"|-----BEGIN "
    r"|^(?=\S*[0-9])(?=\S*[a-z])(?=\S*[A-Z])[A-Za-z0-9+/_=-]{32,}$"
    r"|//[^/@\s]+:[^/@\s]+@"
    r"|[?&;](token_auth|token|api_?key|key|secret|password|auth|sig|access_token)=[^&\s{]"
)


def secretive(name: str, value: str) -> bool:
    """Whether a value is better not shown: by what it is called, or by how it looks."""
    return bool(value.strip()) and (bool(_NAMES.search(name)) or bool(_VALUES.search(value)))

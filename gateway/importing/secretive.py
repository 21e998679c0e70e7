"""What looks like a secret, which never goes into a file, a comment or a report; and what looks like a person."""

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
_PERSON = re.compile(
    r"e[ _-]?mail|phone|mobile[ _-]?number|first[ _-]?name|last[ _-]?name|full[ _-]?name|sur[ _-]?name|user[ _-]?name|"
    r"birth|street|postal|\bzip\b|\biban\b|(user|customer|member|client|account|visitor|login)[ _.-]?id\b|\buid\b",
    re.IGNORECASE,
)

_CHOICE = re.compile(r"consent|opt[ _-]?(in|out)|gdpr|dsgvo", re.IGNORECASE)


def personal(*names: str) -> bool:
    """Whether something called so is likely to say who somebody is."""
    return any(_PERSON.search(name) for name in names) and not any(_CHOICE.search(name) for name in names)


def secretive(name: str, value: str) -> bool:
    """Whether a value is better not shown: by what it is called, or by how it looks."""
    return bool(value.strip()) and (bool(_NAMES.search(name)) or bool(_VALUES.search(value)))

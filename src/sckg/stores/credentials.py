"""Who we are to a server: from the environment or a netrc file, and never in a message."""

from __future__ import annotations

import base64
import hashlib
import netrc
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult
from urllib.request import parse_http_list, parse_keqv_list

from sckg.problems import NotPossible

_HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda text: hashlib.md5(text, usedforsecurity=False).hexdigest(),  # what Virtuoso asks for
    "SHA-256": lambda text: hashlib.sha256(text).hexdigest(),
}


@dataclass(frozen=True)
class Credentials:
    """A user and a password, or a token. Nothing of it is shown when this is printed."""

    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.user or self.token)

    def scrubbed(self, text: str) -> str:
        """Return the text without the secrets: a server may repeat what it was sent."""
        for secret in (self.token, self._pair(), self.password):
            if secret:
                text = text.replace(secret, "***")
        return text

    def bearer(self) -> str:
        """Return the header that shows the token, or an empty text when there is none."""
        return f"Bearer {self.token}" if self.token else ""

    def answer(self, challenges: list[str], method: str, target: str, *, private: bool) -> str:
        """Return the header that answers a server's challenge, or an empty text when none can be answered.

        A password goes in readable form only over a ``private`` connection; Digest never sends it.
        """
        for challenge in challenges if self.user else []:
            scheme, _, rest = challenge.partition(" ")
            if scheme.lower() == "digest" and (made := self._digest(rest, method, target)):
                return made
        schemes = {c.partition(" ")[0].lower() for c in challenges}
        return f"Basic {self._pair()}" if self.user and private and "basic" in schemes else ""

    def _pair(self) -> str:
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode() if self.user else ""

    def _digest(self, challenge: str, method: str, target: str) -> str:
        given = parse_keqv_list(parse_http_list(challenge))
        algorithm = given.get("algorithm", "MD5")
        digest = _HASHES.get(algorithm.upper())
        asked = [part.strip() for part in given.get("qop", "").split(",")]
        if digest is None or "auth" not in asked or '"' in self.user:
            return ""
        realm, nonce, own = given.get("realm", ""), given.get("nonce", ""), secrets.token_hex(8)
        who = digest(f"{self.user}:{realm}:{self.password}".encode())
        what = digest(f"{method}:{target}".encode())
        proof = digest(f"{who}:{nonce}:00000001:{own}:auth:{what}".encode())
        words = {"username": self.user, "realm": realm, "nonce": nonce, "uri": target, "response": proof, "cnonce": own}
        words |= {"opaque": given["opaque"]} if "opaque" in given else {}
        told = ", ".join(f'{name}="{value}"' for name, value in words.items())
        return f"Digest {told}, algorithm={algorithm}, qop=auth, nc=00000001"


def credentials_for(url: SplitResult) -> Credentials:
    """Return what the environment says, or else the netrc file. Raises NotPossible when the file cannot be read."""
    token = os.environ.get("SCKG_SERVER_TOKEN", "")
    user = os.environ.get("SCKG_SERVER_USER", "")
    if token or user:
        return Credentials(user, os.environ.get("SCKG_SERVER_PASSWORD", ""), token)
    file = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    if not file.exists():
        return Credentials()
    try:
        found = netrc.netrc(str(file)).authenticators(url.hostname or "")
    except netrc.NetrcParseError as error:  # its own words may hold the password
        raise NotPossible(f"{file}: line {error.lineno} is not in the form of a netrc file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise NotPossible(f"{file} cannot be read ({getattr(error, 'strerror', '') or 'not text'})") from None
    return Credentials(found[0], found[2]) if found else Credentials()

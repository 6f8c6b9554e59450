"""Who calls: access tokens as PostgREST and Supabase take them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jwt

if TYPE_CHECKING:
    from pgcredits.billing.config import BillingConfig

# Never both kinds for one key: a public key must not be taken for a shared secret.
_SHARED = ["HS256", "HS384", "HS512"]
_PUBLIC = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA", "PS256"]


class NotSignedInError(Exception):
    """The token does not say whose account it is; the text says why, without the token."""


class Tokens:
    """Verifies tokens. Raises `ValueError` when the configured secret is unusable."""

    def __init__(self, config: BillingConfig) -> None:
        self._config = config
        self._remote = None if config.jwks_url is None else jwt.PyJWKClient(config.jwks_url)
        self._keys: jwt.PyJWKSet | None = None
        secret = (config.jwt_secret or "").strip()
        if secret.startswith("{"):
            self._keys = _read_keys(secret)
        elif secret and len(secret.encode()) < 32:
            raise ValueError("the secret of the tokens must have at least 32 bytes")
        self._secret = "" if self._keys else secret

    def account(self, authorization: str | None) -> str:
        """Return the account that a bearer token names. Raises `NotSignedInError`."""
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise NotSignedInError("an access token is missing: Authorization: Bearer ...")
        claims = self._claims(token.strip())
        value: Any = claims
        for step in self._config.account_claim.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not 1 <= len(value) <= 255:
            raise NotSignedInError(f"the token has no claim {self._config.account_claim}")
        return value

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            key, algorithms = self._key(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=algorithms,
                audience=self._config.audience,
                options={"require": ["exp"], "verify_aud": self._config.audience is not None},
                leeway=30,
            )
        except jwt.PyJWKClientConnectionError:
            raise NotSignedInError("the keys of the tokens cannot be fetched") from None
        except jwt.ExpiredSignatureError:
            raise NotSignedInError("the token has expired") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise NotSignedInError("the token is not valid") from None
        return claims

    def _key(self, token: str) -> tuple[Any, list[str]]:
        if self._remote is not None:
            return self._remote.get_signing_key_from_jwt(token).key, _PUBLIC
        if self._keys is None:
            return self._secret, _SHARED
        name = jwt.get_unverified_header(token).get("kid")
        for key in self._keys.keys:
            if name is None or key.key_id == name:
                return key.key, _SHARED if key.key_type == "oct" else _PUBLIC
        raise ValueError("unknown key")


def _read_keys(text: str) -> jwt.PyJWKSet:
    try:
        document = json.loads(text)
        return jwt.PyJWKSet.from_dict(document if "keys" in document else {"keys": [document]})
    except (ValueError, jwt.PyJWTError):
        raise ValueError(
            "the secret of the tokens looks like JSON, and is no JWK or JWKS"
        ) from None

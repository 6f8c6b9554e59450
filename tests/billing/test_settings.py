"""Who may call, how often, and what stands in the settings."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import rsa

from pgcredits.billing import BillingConfig, Tier, read_config
from pgcredits.billing.limits import Limiter
from pgcredits.billing.tokens import NotSignedInError, Tokens
from pgcredits.cli import main
from tests.billing.conftest import SECRET, token

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """
redirects = ["https://app.example.com"]
[custom]
currency = "usd"
least = 10
most = 5000
tiers = [{ up_to = 1000, unit = "0.5" }, { unit = "0.45" }]
"""


def config(**changes: Any) -> BillingConfig:
    given = {"redirects": ("https://a.example",), "jwt_secret": SECRET, **changes}
    return BillingConfig(**given)


def account(given: str, **changes: Any) -> str:
    return Tokens(config(**changes)).account(f"Bearer {given}")


class TestTokens:
    def test_the_claim_says_whose_account_it_is(self) -> None:
        assert account(token("ann")) == "ann"
        assert account(token("ann", org={"id": "acme"}), account_claim="org.id") == "acme"
        assert account(token("ann", org={"id": 7}), account_claim="org.id") == "7"

    @pytest.mark.parametrize("claims", [{}, {"org": "acme"}, {"org": {"id": ["x"]}}])
    def test_a_token_without_the_claim(self, claims: dict[str, Any]) -> None:
        with pytest.raises(NotSignedInError, match=r"no claim org\.id"):
            account(token("ann", **claims), account_claim="org.id")

    def test_the_audience_counts_where_it_is_set(self) -> None:
        assert account(token(aud="app"), audience="app") == "ann"
        assert account(token(aud="other")) == "ann"
        for wrong in (token(aud="other"), token()):
            with pytest.raises(NotSignedInError, match="not valid"):
                account(wrong, audience="app")

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (token(exp=int(time.time()) - 60), "expired"),
            (token(exp=None), "not valid"),
            (token(nbf=int(time.time()) + 600), "not valid"),
            (token(secret="s" * 40), "not valid"),
            (jwt.encode({"sub": "ann", "exp": 2**33}, "", "none"), "not valid"),
        ],
    )
    def test_a_token_that_does_not_count(self, given: str, said: str) -> None:
        with pytest.raises(NotSignedInError, match=said):
            account(given)

    def test_keys_as_json(self) -> None:
        private = rsa.generate_private_key(65537, 2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
        keys = json.dumps({"keys": [{**public, "kid": "one", "alg": "RS256"}]})
        claims = {"sub": "ann", "exp": 2**33}
        good = jwt.encode(claims, private, "RS256", headers={"kid": "one"})
        assert account(good, jwt_secret=keys) == "ann"
        # Signed with what is public of the key, as if it were a shared secret.
        forged = jwt.encode(claims, public["n"], "HS256", headers={"kid": "one"})
        other = jwt.encode(claims, private, "RS256", headers={"kid": "two"})
        for wrong in (forged, other, token()):
            with pytest.raises(NotSignedInError, match="not valid"):
                account(wrong, jwt_secret=keys)

    @pytest.mark.parametrize("secret", ["short", "{", '{"keys": []}'])
    def test_a_secret_that_cannot_be_used(self, secret: str) -> None:
        with pytest.raises(ValueError, match="secret of the tokens") as caught:
            Tokens(config(jwt_secret=secret))
        assert secret not in str(caught.value)

    def test_keys_that_cannot_be_fetched(self) -> None:
        with pytest.raises(NotSignedInError, match="cannot be fetched"):
            account(token(), jwks_url="http://127.0.0.1:1/keys", jwt_secret=None)

    def test_the_secret_is_not_part_of_any_text(self) -> None:
        assert SECRET not in repr(config())


def test_a_limit_fills_up_again() -> None:
    now = [0.0]
    limiter = Limiter(3, lambda: now[0])
    assert [limiter.wait("ann") for _ in range(4)] == [0, 0, 0, pytest.approx(20)]
    assert limiter.wait("bob") == 0
    now[0] = 20
    assert [limiter.wait("ann") for _ in range(2)] == [0, pytest.approx(20)]


class TestConfig:
    def test_it_is_read(self) -> None:
        found = read_config(TEXT, SECRET)
        assert found.redirects == ("https://app.example.com",)
        assert found.custom is not None
        assert found.custom.tiers == (Tier(1000, Decimal("0.5")), Tier(None, Decimal("0.45")))
        assert [found.custom.money(n) for n in (10, 1000, 1001, 5000)] == [5, 500, 451, 2250]

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("redirects", "redirect", "unknown field"),
            ('["https://app.example.com"]', "[]", "redirects must name"),
            ("https://app", "http://app", "redirects must be"),
            ("https://app", "https://*.app", "redirects must be"),
            ("[custom]", 'origins = ["https://a.example/x"]\n[custom]', "origins must be"),
            ("[custom]", 'account_claim = "user_metadata.id"\n[custom]', "account_claim"),
            ("[custom]", "per_minute = 0\n[custom]", "per_minute"),
            ("[custom]", 'jwks_url = "ftp://a"\n[custom]', "jwks_url"),
            ("[custom]", "audience = 5\n[custom]", "audience"),
            ('"usd"', '"USD"', "custom.currency"),
            ("least = 10", "least = 0", "custom.least"),
            ("most = 5000", "most = 5", "custom.most"),
            ("most = 5000", "", "custom must have"),
            ("up_to = 1000", "up_to = 0", "tier 1 of custom: up_to"),
            ("up_to = 1000, ", "", "tier 1 of custom: all tiers but the last"),
            ('"0.45"', '"free"', "tier 2 of custom: unit"),
            ('"0.45"', '"-1"', "tier 2 of custom: unit"),
            ('"0.45"', "0.45", "tier 2 of custom: unit"),
        ],
    )
    def test_a_mistake_is_named(self, old: str, new: str, said: str) -> None:
        assert old in TEXT
        with pytest.raises(ValueError, match=said):
            read_config(TEXT.replace(old, new), SECRET)

    def test_without_a_way_to_verify_tokens(self) -> None:
        with pytest.raises(ValueError, match="PGCREDITS_JWT_SECRET"):
            read_config(TEXT, None)


class TestCommand:
    """Mistakes, which end before anything listens."""

    def relay(self, tmp_path: Path, variables: dict[str, str | None], text: str = TEXT) -> Result:
        (tmp_path / "billing.toml").write_text(text)
        given = {
            "DATABASE_URL": "postgresql://x@127.0.0.1:1/x",
            "STRIPE_WEBHOOK_SECRET": "whsec_1",
            "STRIPE_API_KEY": "sk_test_fake",
            "STRIPE_API_KEY_FILE": None,
            "PGCREDITS_JWT_SECRET": SECRET,
            **variables,
        }
        options = ["relay", "--mode", "test", "--billing", f"{tmp_path}/billing.toml"]
        return CliRunner(env=given).invoke(main, options)

    @pytest.mark.parametrize(
        ("variables", "said"),
        [
            ({"STRIPE_API_KEY": None}, "needs a key"),
            ({"STRIPE_API_KEY": "sk_live_x"}, "not of test mode"),
            ({"STRIPE_API_KEY": "nonsense"}, "API key"),
            ({"PGCREDITS_JWT_SECRET": None}, "PGCREDITS_JWT_SECRET"),
            ({"PGCREDITS_JWT_SECRET": "short"}, "at least 32 bytes"),
            ({"STRIPE_API_KEY_FILE": "/nowhere/key"}, "cannot read /nowhere/key"),
        ],
    )
    def test_what_is_missing_is_named(
        self, tmp_path: Path, variables: dict[str, str | None], said: str
    ) -> None:
        done = self.relay(tmp_path, variables)
        assert done.exit_code == 2
        assert said in " ".join(done.stderr.split())
        assert not any(
            value in done.output for value in variables.values() if value and "/" not in value
        )

    def test_a_mistake_in_the_file(self, tmp_path: Path) -> None:
        done = self.relay(tmp_path, {}, "redirects = 1")
        assert done.exit_code == 2
        assert "redirects must be" in done.stderr

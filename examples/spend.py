"""A spend that commits or rolls back with the row that it pays for.

DATABASE_URL names a database with pgcredits in it and a login that is a member of credits_service.
"""

from __future__ import annotations

import os
import uuid

import psycopg

from pgcredits import rpc
from pgcredits.errors import InDebt, InsufficientCredits


def create_image(conn: psycopg.Connection, account_id: str, prompt: str, job: str) -> str:
    """Store an order for an image and take 30 credits for it, or do neither."""
    try:
        with conn.transaction():
            conn.execute("insert into pg_temp.images (job, prompt) values (%s, %s)", (job, prompt))
            receipt = rpc.deduct_credit(
                conn, account_id, 30, feature="images", reference=job, idempotency_key=job
            )
    except InsufficientCredits as refusal:
        return f"needs {refusal.values['required']}, has {refusal.values['available']}"
    except InDebt as refusal:
        return f"owes {refusal.values['debt']}"
    return f"ordered, {receipt.available} left"


def main() -> None:
    """Grant 50 credits to a new account, and order two images."""
    account_id = f"example-{uuid.uuid4()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as conn:
        conn.execute("create temporary table images (job text primary key, prompt text not null)")
        rpc.grant_credits(conn, account_id, 50, reference="welcome")
        print(create_image(conn, account_id, "a lighthouse", "job-1"))  # ordered, 20 left
        print(create_image(conn, account_id, "a harbour", "job-2"))  # needs 30, has 20
        row = conn.execute("select count(*) from pg_temp.images").fetchone()
        print(f"images stored: {row[0] if row else 0}")  # images stored: 1


if __name__ == "__main__":
    main()

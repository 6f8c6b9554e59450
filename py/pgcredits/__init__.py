"""pgcredits: prepaid credits inside your Postgres.

The rules live in SQL functions of the schema ``credits``. This package carries the SQL files, the
runner that applies them, typed wrappers for the functions (`pgcredits.rpc`), the webhook relay and
the command line.
"""

from __future__ import annotations

__version__ = "0.1.0.dev0"
__all__ = ["__version__"]

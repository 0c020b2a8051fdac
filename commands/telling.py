"""How commands answer: a sentence on standard output and exit code 2 for whatever is refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

import click

REFUSED = 2


def told(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn refusals, and a database that cannot be reached, into a sentence and exit code 2."""

    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        from pydantic import ValidationError  # noqa: PLC0415 - --help does not wait for these
        from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError  # noqa: PLC0415

        from services.kit.errors import Invalid, Refusal  # noqa: PLC0415

        try:
            return command(*args, **kwargs)
        except Invalid as invalid:
            for name, message in invalid.fields.items():
                click.echo(f"{name}: {message}")
            sys.exit(REFUSED)
        except Refusal as refusal:
            refuse(str(refusal.message))
        except ValidationError as error:
            for wrong in error.errors():
                click.echo(f"SANDTABLE_{'_'.join(map(str, wrong['loc'])).upper()}: {wrong['msg']}")
            sys.exit(REFUSED)
        except (ArgumentError, NoSuchModuleError) as error:
            refuse(f"The address of the database cannot be read: {error}")
        except DBAPIError as error:
            refuse(f"The database does not answer as it should: {str(error.orig).splitlines()[0]}")

    return wrapper


def refuse(sentence: str) -> NoReturn:
    """Say why not, and end."""
    click.echo(sentence)
    sys.exit(REFUSED)

"""Settings: the environment, then `.env`, then defaults that work."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.core import get_global
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[1]


class Settings(BaseSettings):
    """Every variable is `SANDTABLE_` and the name below; the README's table is tested against this class."""

    model_config = SettingsConfigDict(env_prefix="SANDTABLE_", env_file=ROOT / ".env", extra="ignore")

    database_url: str = Field(
        f"sqlite:///{ROOT / 'data' / 'sandtable.db'}",
        description="SQLite file or PostgreSQL server, e.g. `postgresql://user:secret@localhost/sandtable`",
    )
    database_schema: str | None = Field(None, description="PostgreSQL schema of this company")
    port: int = Field(8501, description="Port of the web server, on 127.0.0.1")
    time_zone: str = Field("Asia/Shanghai", description="Zone in which business dates are dates")
    currency: str = Field("CNY", description="ISO 4217 code of the company's currency")
    language: str = Field("en", description="Language before sign-in: `en` or `zh_CN`")
    demo: bool = Field(default=True, description="Fill an empty database with the demo company on the first `make run`")
    secure_cookies: bool = Field(
        default=False, description="Set when served over TLS: Secure cookies, `__Host-` prefix, HSTS"
    )
    session_idle_minutes: int = Field(120, description="A session unused for this long ends")
    session_hours: int = Field(12, description="A session ends after this long in any case")
    log_level: str = Field("INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`")

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        ZoneInfo(value)
        return value

    @property
    def zone(self) -> ZoneInfo:
        """Return the company's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def region(self) -> str:
        """Return the country of the time zone: its telephone numbers are written without their prefix."""
        found = get_global("zone_territories").get(self.time_zone)
        return found if found and found.isalpha() else "CN"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the process's settings, read once."""
    return Settings()

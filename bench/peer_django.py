"""Django admin on the same rows of the same database: an unmanaged model over our table, the same columns."""

from __future__ import annotations

import sys
import types
from typing import Any

from sqlalchemy.engine import URL

_MODELS = "bench_django_models"


def _settings(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        crm: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": url.database}
    else:
        crm = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.database,
            "USER": url.username or "",
            "PASSWORD": url.password or "",
            "HOST": url.query.get("host") or url.host or "",
            "PORT": str(url.port or ""),
            "CONN_MAX_AGE": None,  # kept open, as ours are
        }
    return crm


class Admin:
    """The list of customers in Django's admin, asked for by its test client as a signed-in superuser."""

    _pointed_at: URL | None = None
    """Django knows one database at a time; several admins take turns."""

    def __init__(self, url: URL) -> None:
        """Point Django at the database; the accounts it needs live in memory."""
        self.url = url
        self._point()
        from django.contrib.auth.models import User  # noqa: PLC0415
        from django.test import Client  # noqa: PLC0415

        self.client = Client()
        user, _ = User.objects.get_or_create(username="root", is_staff=True, is_superuser=True)
        self.client.force_login(user)

    def get(self, query: str) -> int:
        """Return the length of the page; raise if it was no page."""
        self._point()
        response = self.client.get(f"/admin/bench/customer/{query}")
        if response.status_code != 200:
            message = f"Django admin answered {response.status_code} to {query}"
            raise RuntimeError(message)
        return len(response.content)

    def _point(self) -> None:
        if Admin._pointed_at == self.url:
            return
        if Admin._pointed_at is None:
            _set_up(_settings(self.url))
        else:
            from django.db import connections  # noqa: PLC0415 - configured first

            connections["crm"].close()
            connections.settings["crm"].update(
                connections.configure_settings({"default": {}, "crm": _settings(self.url)})["crm"]
            )
            del connections["crm"]
        Admin._pointed_at = self.url


class Router:
    """Customers are in our database, Django's own tables in memory."""

    def db_for_read(self, model: Any, **_hints: Any) -> str:
        """Choose by application."""
        return "crm" if model.__module__ == __name__ else "default"

    def allow_migrate(self, db: str, *_args: Any, **_hints: Any) -> bool:
        """Never touch ours."""
        return db == "default"


def _set_up(crm: dict[str, Any]) -> None:
    import django  # noqa: PLC0415 - development only
    from django.conf import settings  # noqa: PLC0415

    settings.configure(
        DEBUG=False,
        SECRET_KEY="bench",  # noqa: S106 - signs nothing that leaves this process
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF=_MODELS,
        USE_TZ=True,
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "bench",
        ],
        STATIC_URL="/static/",
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}, "crm": crm},
        DATABASE_ROUTERS=[Router()],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    )
    django.setup()
    _register()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)


def _register() -> None:
    from django.contrib import admin  # noqa: PLC0415 - configured first
    from django.db import models  # noqa: PLC0415
    from django.urls import path  # noqa: PLC0415

    levels = [("A", "A"), ("B", "B"), ("C", "C")]

    class User(models.Model):
        name = models.CharField(max_length=100)

        class Meta:
            app_label, managed, db_table = "bench", False, "user"

        def __str__(self) -> str:
            return str(self.name)

    class Customer(models.Model):
        name = models.CharField(max_length=200)
        code = models.CharField(max_length=40)
        level = models.CharField(max_length=30, choices=levels)
        industry = models.CharField(max_length=100)
        region = models.CharField(max_length=100)
        owner = models.ForeignKey(User, on_delete=models.DO_NOTHING, null=True)
        phone = models.CharField(max_length=40)
        tax_number = models.CharField(max_length=40)
        next_step_on = models.DateField()
        last_activity_at = models.DateTimeField()
        updated_at = models.DateTimeField()

        class Meta:
            app_label, managed, db_table = "bench", False, "customer"

    class CustomerAdmin(admin.ModelAdmin):
        list_display = ("name", "level", "industry", "region", "owner", "next_step_on", "last_activity_at")
        list_select_related = ("owner",)
        list_filter = ("level",)
        search_fields = ("name", "code", "phone", "tax_number")
        ordering = ("-updated_at", "-id")
        list_per_page = 50

    admin.site.register(Customer, CustomerAdmin)
    urls: Any = types.ModuleType(_MODELS)
    urls.urlpatterns = [path("admin/", admin.site.urls)]
    sys.modules[_MODELS] = urls

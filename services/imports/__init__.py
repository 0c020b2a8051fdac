"""Imports: files come in by stages, in the background, are resumed where they were cut off, and taken back."""

from services.imports.batches import (
    Batch,
    batches,
    check,
    count,
    forget,
    forget_old,
    get,
    preview,
    resume,
    revert,
    stop,
    store,
)
from services.imports.bringing import bring, name_of
from services.imports.errors import Kept, errors, errors_file, kept_rows
from services.imports.foreseeing import Foreseen, would_stay
from services.imports.rereading import SourceFile, read_again, source
from services.imports.worker import launch, run_here

__all__ = [
    "Batch",
    "Foreseen",
    "Kept",
    "SourceFile",
    "batches",
    "bring",
    "check",
    "count",
    "errors",
    "errors_file",
    "forget",
    "forget_old",
    "get",
    "kept_rows",
    "launch",
    "name_of",
    "preview",
    "read_again",
    "resume",
    "revert",
    "run_here",
    "source",
    "stop",
    "store",
    "would_stay",
]

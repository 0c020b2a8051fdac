"""The bare pages as an app, under the very settings of ours (.streamlit/config.toml); the peer in `bench.pages`."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st


@asynccontextmanager
async def _lifespan(_app: Any) -> AsyncIterator[None]:
    import altair  # noqa: F401, PLC0415 - as ours does
    import pandas as pd  # noqa: F401, PLC0415

    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    yield


app = st.App(Path(__file__).with_name("bare_page.py"), lifespan=_lifespan)

"""The doors: command line, HTTP interface, public pages; and the wiring of everything behind them.

Names are loaded when they are first used: the command line must not wait for a web framework.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .app import create_app
    from .cli import main
    from .home import Home, ensure_home, open_home
    from .settings import Settings
    from .wiring import Services

__all__ = ["Home", "Services", "Settings", "create_app", "ensure_home", "main", "open_home"]

_MODULES = {
    "Home": "home",
    "Services": "wiring",
    "Settings": "settings",
    "create_app": "app",
    "ensure_home": "home",
    "main": "cli",
    "open_home": "home",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(name)
    value: object = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    return value

"""Callable packages: `wparchive.index` is both a package of modules and its main function."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["make_callable"]


def make_callable(package: str, function: Callable[..., Any]) -> None:
    """Make the loaded `package` callable as `function`, with its signature and docstring."""

    class CallablePackage(ModuleType):
        """A package that forwards calls."""

        __call__ = staticmethod(function)
        __wrapped__ = staticmethod(function)

    sys.modules[package].__class__ = CallablePackage

"""Packages that can be called: `wparchive.index` is both a folder of modules and the function that it exists for."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["make_callable"]


def make_callable(package: str, function: Callable[..., Any]) -> None:
    """Let the loaded package called `package` be called as `function`, whose signature and docstring it shows."""

    class CallablePackage(ModuleType):
        """A package that hands calls on."""

        __call__ = staticmethod(function)
        __wrapped__ = staticmethod(function)

    sys.modules[package].__class__ = CallablePackage

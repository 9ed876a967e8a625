"""Filters and tests of templates that count what they do as work."""

from collections.abc import Callable, Sized
from functools import wraps
from typing import Any

from edge.home import template_filters as given
from edge.home import template_limits as limits


def counted(name: str, function: Callable[..., Any], *, few: bool = False) -> Callable[..., Any]:
    """The filter or test, which then counts as work in proportion to all that it is given and that it makes.

    few: whether a list that it is given may not be long.
    """
    if name in given.CHEAP:
        return _lightly(function)
    place = 1 if hasattr(function, "jinja_pass_arg") else 0
    weight, by_item = given.HEAVY.get(name, 1), name in given.BY_ITEM
    kinds = (str, list, tuple, dict) if name in given.ITEMS else (list, tuple, dict)

    @wraps(function)
    def call(*args: Any, **more: Any) -> Any:
        value = args[place] if len(args) > place else None
        limits.spend(limits.CALL)
        if few and isinstance(value, kinds) and len(value) > limits.MAX_ITEMS:
            raise limits.TooMuchError
        if by_item:
            # What is still to be made by another filter has no length; it has few items.
            limits.spend(len(value) if isinstance(value, Sized) else limits.MAX_ITEMS >> 2)
        else:
            limits.read(value, weight)
        for part in (*args[place + 1 :], *more.values()):
            limits.read(part, weight)
        if name in given.SEARCHES:
            short, long = sorted((value, args[place + 1] if len(args) > place + 1 else None), key=_length)
            limits.searched(long, [short])
        return limits.fits(function(*args, **more))

    return call


def _lightly(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **more: Any) -> Any:
        limits.spend(limits.CALL // 2)
        return function(*args, **more)

    return call


def _length(value: object) -> int:
    return len(value) if isinstance(value, str) else 0

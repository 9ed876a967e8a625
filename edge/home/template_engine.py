"""Jinja2 for templates that come from outside: what may be written, and what it may cost.

The engine's immutable sandbox keeps a template away from the interpreter; this module keeps it small. Statements and
expressions are those on a list; every operation that could make much out of little is checked when it runs, and what
it reads and makes is counted as work; loops go through few items, and pay for their body once an item; filters are
those of `edge.home.template_filters`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache
from types import BuiltinMethodType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from edge.core.errors import InputError
from edge.home import template_filters as given
from edge.home import template_limits as limits
from edge.home.template_counted import counted
from edge.home.template_filters import words
from edge.home.template_limits import MAX_CHARS, MAX_STEPS, STEPS, NotHereError, TooMuchError

if TYPE_CHECKING:
    import jinja2
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_TEMPLATE_CHARS = 8192
MAX_PAYLOAD_CHARS = 65_536
"""A payload that is longer says nothing."""
MAX_LOOP_PAYLOAD_CHARS = 4096
"""Longest payload for a template with a loop."""
_MAX_NODES = 1000
_MAX_OPERATIONS = 160
"""Calls, filters, tests, comparisons and operators in one template."""
_MAX_LOOP_DEPTH = 2

Render = Callable[[Mapping[str, object]], str | None]


class TemplateError(InputError):
    """A template that cannot be used. Code `template.syntax` or `template.refused`."""


class TemplateFailedError(InputError):
    """A template that cannot be worked out for these values. Code `template.failed`; the message holds no values."""

    def __init__(self, message: str = "this template does not fit the message") -> None:
        super().__init__("template.failed", message)
        self.key = ""
        """Name of the option that holds the template; set by who knows it."""


@lru_cache(maxsize=1024)
def compiled(source: str) -> Render:
    """The template as a function of its variables, which gives None where a value that it needs is not among them.

    The function raises TemplateFailedError. Raises TemplateError for what is no template or is not taken.
    """
    from jinja2 import TemplateError as JinjaError
    from jinja2 import nodes

    if len(source) > MAX_TEMPLATE_CHARS:
        raise _refused(f"a template has at most {MAX_TEMPLATE_CHARS} characters")
    environment = _environment()
    STEPS.left = MAX_STEPS
    try:
        tree = environment.parse(source)
        loops, names = _check(tree), {node.name for node in tree.find_all(nodes.Name)}
        template = environment.from_string(_guarded(tree, environment))
    except TooMuchError as error:
        raise _refused("this template makes too much out of too little") from error
    except (JinjaError, RecursionError, ValueError, SyntaxError, MemoryError, TypeError, ArithmeticError) as error:
        raise TemplateError("template.syntax", "this is no Jinja2 template that the hub can read") from error
    known = {name: environment.globals[name] for name in names & environment.globals.keys()}
    # A look into a large message costs nothing; working on all of it does.
    longest = MAX_LOOP_PAYLOAD_CHARS if loops else MAX_CHARS if "value" in names else MAX_PAYLOAD_CHARS
    return _renderer(template, known, longest)


def _renderer(template: "jinja2.Template", known: Mapping[str, object], longest: int) -> Render:
    from jinja2 import UndefinedError
    from jinja2.runtime import Context

    environment, root = template.environment, template.root_render_func

    def render(variables: Mapping[str, object]) -> str | None:
        if len(str(variables.get("value", ""))) > longest:
            raise TemplateFailedError("the message is too long for this template")
        STEPS.left, STEPS.missing = MAX_STEPS, False
        size, pieces = 0, []
        try:
            # What `template.new_context` does, less the copy of every global function: that takes ten times as long as
            # most templates.
            for piece in root(Context(environment, {**known, **variables}, None, {})):
                size += len(piece)
                if size > MAX_CHARS:
                    raise TooMuchError  # noqa: TRY301
                pieces.append(piece)
        except (UndefinedError, NotHereError):
            return None
        except TooMuchError as error:
            raise TemplateFailedError("this template makes too much out of this message") from error
        # Any operator or filter may fail on the values of one message, each with an exception of its own.
        except Exception as error:
            raise TemplateFailedError(f"this template does not fit the message ({type(error).__name__})") from error
        text = "".join(pieces).strip()
        return None if not text and STEPS.missing else text

    return render


def _refused(why: str) -> TemplateError:
    return TemplateError("template.refused", why)


def _elsewhere(name: str) -> TemplateError:
    return _refused(f"`{name}` looks into Home Assistant or at a clock, and a template here sees the message only")


def _check(tree: "nodes.Template") -> bool:
    """Refuse what is not on the list; whether the template has loops."""
    from jinja2 import meta, nodes

    taken = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Assign, nodes.If, nodes.For, nodes.With,
             nodes.Continue, nodes.Break, nodes.ExprStmt, nodes.Name, nodes.NSRef, nodes.Const, nodes.Tuple,
             nodes.List, nodes.Dict, nodes.Pair, nodes.Keyword, nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Call,
             nodes.Getitem, nodes.Getattr, nodes.Slice, nodes.Concat, nodes.Compare, nodes.Operand, nodes.BinExpr,
             nodes.UnaryExpr)  # fmt: skip
    costly = (nodes.Call, nodes.Filter, nodes.Test, nodes.Compare, nodes.BinExpr)
    found = list(_below(tree))
    if odd := next((node for node in found if not isinstance(node, taken)), None):
        raise _refused(f"a template must not hold `{type(odd).__name__}`: blocks, macros, imports and the like")
    if len(found) > _MAX_NODES or sum(isinstance(node, costly) for node in found) > _MAX_OPERATIONS:
        raise _refused("this template is too long")
    filters = {node.name for node in found if isinstance(node, nodes.Filter | nodes.Test)} - given.FILTERS.keys()
    if wanted := min(filters & given.ELSEWHERE, default=None):
        raise _elsewhere(wanted)
    unknown = meta.find_undeclared_variables(tree) - given.GLOBALS.keys() - {"namespace"}
    if any(isinstance(node, nodes.Compare) and len(node.ops) > 1 and _looks_in(node) for node in found):
        raise _refused("a template compares with `in` one at a time")
    called = {node.node.name for node in found if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name)}
    if wanted := min(unknown & given.ELSEWHERE, default=None):
        raise _elsewhere(wanted)
    if wanted := min(called & unknown, default=None):
        raise _refused(f"the function `{wanted}` is not known here")
    return _loop_depth(tree) > 0


def _looks_in(node: "nodes.Compare") -> bool:
    return any(operand.op in ("in", "notin") for operand in node.ops)


def _below(node: "nodes.Node") -> "list[nodes.Node]":
    found, waiting = [], [node]
    while waiting:
        found.append(waiting.pop())
        waiting.extend(found[-1].iter_child_nodes())
    return found


def _loop_depth(node: "nodes.Node") -> int:
    from jinja2 import nodes

    below = max((_loop_depth(child) for child in node.iter_child_nodes()), default=0)
    if not isinstance(node, nodes.For):
        return below
    if node.recursive or below >= _MAX_LOOP_DEPTH:
        raise _refused(f"loops are nested at most {_MAX_LOOP_DEPTH} deep")
    return below + 1


def _guarded(tree: "nodes.Template", environment: "ImmutableSandboxedEnvironment") -> "nodes.Template":
    """The template with checks around loops, joins and what is put together from parts."""
    from jinja2 import nodes
    from jinja2.visitor import NodeTransformer

    def check(name: str, node: Any, *args: object) -> nodes.Filter:
        constants: list[nodes.Expr] = [nodes.Const(arg) for arg in args]
        made = nodes.Filter(node, name, constants, [], None, None)
        return made.set_lineno(node.lineno).set_environment(environment)  # type: ignore[return-value]

    class Guard(NodeTransformer):
        def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - named after the node
            weight = len(_below(node))
            self.generic_visit(node)
            node.iter = check("_few", node.iter, weight)
            return node

        def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
            self.generic_visit(node)
            parts = nodes.List(node.nodes)
            return check("_joined", parts.set_lineno(node.lineno).set_environment(environment))

        def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
            self.generic_visit(node)
            if _looks_in(node):
                looked = nodes.Test(node.expr, "in", [node.ops[0].expr], [], None, None)
                found = looked if node.ops[0].op == "in" else nodes.Not(looked)
                return found.set_lineno(node.lineno).set_environment(environment)
            sides: list[Any] = [node, *node.ops]
            for side in sides:
                if not isinstance(side.expr, nodes.Const):
                    side.expr = check("_read", side.expr)
            return node

        def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
            self.generic_visit(node)
            if isinstance(node.arg, nodes.Slice):
                node.node = check("_fits", node.node)  # a constant there would have Python write a warning
            return node

        def made(self, node: nodes.Expr) -> nodes.Node:
            self.generic_visit(node)
            if getattr(node, "ctx", "load") != "load" or all(
                isinstance(part, nodes.Const | nodes.Pair) for part in _below(node)[1:]
            ):
                return node
            return check("_fits", node)

        visit_List = visit_Tuple = visit_Dict = made  # noqa: N815

    guarded = Guard().visit(tree)
    assert isinstance(guarded, nodes.Template)
    return guarded


_SAFE_ATTRIBUTES: Mapping[type | tuple[type, ...], frozenset[str]] = {
    str: words("""
        capitalize casefold count endswith find index isalnum isalpha isdecimal isdigit islower isnumeric isspace
        isupper lower lstrip partition removeprefix removesuffix rfind rindex rpartition rsplit rstrip split splitlines
        startswith strip swapcase title upper
    """),
    dict: frozenset(("get", "items", "keys", "values")),
    (list, tuple): frozenset(("count", "index")),
    (int, float): frozenset(("is_integer",)),
    (datetime, timedelta): words("""
        year month day hour minute second weekday isoweekday timestamp isoformat total_seconds days seconds
    """),
}
"""What of a value may be used. Methods that are not here take widths, or give what does."""


@cache
def _environment() -> "ImmutableSandboxedEnvironment":
    # Imported late: 100 ms on a small board, and most homes' templates are look-ups that never need it.
    from jinja2 import Undefined, pass_context
    from jinja2.exceptions import SecurityError
    from jinja2.runtime import LoopContext
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from jinja2.utils import Namespace

    class Nothing(Undefined):
        def __str__(self) -> str:
            STEPS.missing = True
            return ""

    class Names(Namespace):
        def __repr__(self) -> str:
            return "namespace"  # it may hold itself

    class Environment(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset(("*", "**", "%", "+", "-", "/", "//"))

        def call(self, context: Any, called: Any, /, *args: Any, **more: Any) -> Any:
            limits.spend(limits.CALL)
            owner = getattr(called, "__self__", None)
            for part in (*args, *more.values()):
                limits.read(part)
            if isinstance(owner, dict):
                return super().call(context, called, *args, **more)  # what it gives was there before
            limits.read(owner)
            limits.searched(owner, args)
            return limits.fits(super().call(context, called, *args, **more))

        def getitem(self, obj: Any, argument: Any) -> Any:
            limits.spend(2)  # a filter may be given a long way to an attribute
            limits.read(argument)
            return super().getitem(obj, argument)

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            limits.read(left)
            limits.read(right)
            if operator == "**" and not (_is_small(left, 1e6) and _is_small(right, 16)):
                raise TooMuchError
            if operator in "*+" and _product(operator, left, right) > MAX_CHARS:
                raise TooMuchError
            if operator == "%" and isinstance(left, str):
                return limits.formatted(left, right)
            return limits.fits(super().call_binop(context, operator, left, right))

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002
            if obj is given.GLOBALS["dict"]:
                return attr == "from_keys"
            if isinstance(obj, LoopContext | Names):
                return not attr.startswith("_")
            return any(isinstance(obj, kind) and attr in names for kind, names in _SAFE_ATTRIBUTES.items())

        def is_safe_callable(self, obj: Any) -> bool:
            return super().is_safe_callable(obj) and not isinstance(obj, LoopContext)

    extensions = ("jinja2.ext.loopcontrols", "jinja2.ext.do")
    environment = Environment(
        extensions=extensions, autoescape=False, undefined=Nothing, finalize=_written, cache_size=0
    )
    kept = {name: counted(name, environment.filters[name], few=True) for name in given.KEPT_FILTERS}
    environment.filters = kept | {name: counted(name, function) for name, function in given.FILTERS.items()}

    # They see the context only so that the compiler does not work them out beforehand: a loop is paid for as it runs.
    @pass_context
    def few(_: object, values: object, weight: int) -> object:
        return limits.few(values, weight)

    @pass_context
    def joined(_: object, parts: list[object]) -> str:
        return limits.joined(parts)

    @pass_context
    def fits(_: object, value: Any) -> object:
        inside = value.values() if isinstance(value, dict) else value
        if isinstance(value, dict | list | tuple) and any(isinstance(part, Names) for part in inside):
            raise SecurityError("a namespace is no value")
        return limits.fits(value)

    @pass_context
    def read(_: object, value: object) -> object:
        limits.read(value)
        return value

    environment.filters |= {"_few": few, "_joined": joined, "_fits": fits, "_read": read}
    tests: dict[str, Any] = {**environment.tests, **given.TESTS}
    environment.tests = {name: counted(name, function) for name, function in tests.items()}
    environment.globals.clear()
    environment.globals.update(given.GLOBALS, namespace=Names)
    return environment


def _written(value: object) -> object:
    if isinstance(value, BuiltinMethodType | FunctionType | MethodType):
        raise TypeError("a function is no text")
    limits.read(value)
    return value


def _is_small(value: object, limit: float) -> bool:
    return isinstance(value, int | float) and abs(value) <= limit


def _product(operator: str, left: object, right: object) -> float:
    """Size of what the operator makes: characters or items."""
    sizes = [len(side) if isinstance(side, str | list | tuple) else None for side in (left, right)]
    if operator == "+":
        return sum(size or 0 for size in sizes)
    for size, other in ((sizes[0], right), (sizes[1], left)):
        if size is not None and isinstance(other, int):
            return size * other
    return 0

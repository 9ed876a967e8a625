"""A page about what was learnt: funnel, best and worst rewrites, wins and losses, drift since the last pack.

It shows what is in the file of learnt rewrites and nothing else, so nothing that fewer than k hubs reported. One HTML
file without scripts or foreign addresses, and the figure in it as a PNG file beside it.
"""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO
from pathlib import Path

from edge.core.errors import InputError
from tools.learn import gate
from tools.learn.gate import Rewrite
from tools.learn.learning import Learnt
from tools.learn.needs import need

SHOWN = 20
"""Rewrites of a table."""
_STEPS = ("turns", "keys_dropped", "keys", "learnt", *(f"refused_{reason}" for reason in gate.REASONS), "published")
"""Of the funnel."""
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .8em;text-align:left;border-bottom:1px solid #ddd}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}img{max-width:100%}"
)


def write(path: Path, what: Learnt, before: Learnt | None = None) -> tuple[Path, Path]:
    """Write the page and its figure; their paths.

    before: what was learnt for the last pack. Raises MissingError without the extra `plot`, InputError `learn.write`.
    """
    figure = _figure(what)
    image = path.with_suffix(".png")
    try:
        image.write_bytes(figure)
        path.write_text(page(what, before, figure), encoding="utf-8")
    except OSError as error:
        raise InputError("learn.write", f"{path} cannot be written ({error.strerror})") from error
    return path, image


def page(what: Learnt, before: Learnt | None, figure: bytes = b"") -> str:
    """The page's HTML."""
    image = base64.b64encode(figure).decode("ascii")
    wins, losses = totals(what.published)
    ratio = f"{wins / losses:.1f} to 1" if losses else "no loss"
    weeks = f"{what.weeks[0]} to {what.weeks[-1]}" if what.weeks else "no week"
    judged = [one for one in what.rewrites if one.wins or one.losses]
    best = sorted(what.published, key=lambda one: (-one.bound, one.heard))[:SHOWN]
    worst = sorted(judged, key=lambda one: (one.wins - one.losses, one.bound, one.heard))[:SHOWN]
    parts = [
        f"<h1>Rewrites learnt from {weeks}</h1>",
        f"<p>{len(what.published)} rewrites passed. On held-out turns they win {wins:.0f}",
        f"and lose {losses:.1f}: {ratio}.",
        f"Nothing here was reported by fewer than {what.k} homes.</p>",
        "<h2>Funnel</h2>",
        _table(("", ""), ((_named(key), f"{what.funnel[key]:,}") for key in _STEPS if key in what.funnel)),
        f'<img alt="Wins and losses of each rewrite" src="data:image/png;base64,{image}">' if image else "",
        "<h2>The surest</h2>",
        _rewrites(best),
        "<h2>The worst</h2>",
        _rewrites(worst),
        "<h2>Since the last pack</h2>",
        _drift(what, before),
    ]
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Rewrites learnt</title>'
        f"<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n</html>\n"
    )


def totals(rewrites: Iterable[Rewrite]) -> tuple[float, float]:
    """Wins and losses of all of them on held-out turns."""
    some = list(rewrites)
    return sum(one.wins for one in some), sum(one.losses for one in some)


def drift(what: Learnt, before: Learnt) -> tuple[list[Rewrite], list[Rewrite], list[tuple[Rewrite, Rewrite]]]:
    """Published rewrites that are new, that are gone, and of those that mean something else now both (then, now)."""
    then = {one.heard: one for one in before.published}
    now = {one.heard: one for one in what.published}
    new = [one for heard, one in now.items() if heard not in then]
    gone = [one for heard, one in then.items() if heard not in now]
    changed = [(then[heard], one) for heard, one in now.items() if heard in then and then[heard].means != one.means]
    return new, gone, changed


def _drift(what: Learnt, before: Learnt | None) -> str:
    if before is None:
        return "<p>There is no pack before this one to compare with.</p>"
    new, gone, changed = drift(what, before)
    kept = len(what.published) - len(new) - len(changed)
    won = [totals(one.published) for one in (before, what)]
    lines = [
        f"<p>{kept} as before, {len(new)} new, {len(gone)} gone, {len(changed)} with another meaning.",
        f"Wins and losses on held-out turns: {won[0][0]:.0f} and {won[0][1]:.1f} before,",
        f"{won[1][0]:.0f} and {won[1][1]:.1f} now.</p>",
    ]
    if changed:
        rows = ((then.heard, then.means, now.means) for then, now in changed[:SHOWN])
        lines.append(_table(("heard", "meant then", "means now"), rows))
    for title, some in (("New", new), ("Gone", gone)):
        if some:
            lines += [f"<h3>{title}</h3>", _rewrites(some[:SHOWN])]
    return "\n".join(lines)


def _rewrites(some: Sequence[Rewrite]) -> str:
    if not some:
        return "<p>None.</p>"
    rows = (
        (
            one.heard,
            one.means,
            f"{one.wins:.0f}",
            f"{one.losses:.1f}",
            f"{one.bound:.1f}",
            f"{one.hubs}",
            gate.REASONS.get(one.refused, "published"),
        )
        for one in some
    )
    return _table(("heard", "means", "wins", "losses", "at least to 1", "homes", "verdict"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["<table><tr>" + "".join(f"<th>{escape(one)}</th>" for one in head) + "</tr>"]
    for row in rows:
        cells = (f'<td class="n">{one}</td>' if one[:1].isdigit() else f"<td>{escape(one)}</td>" for one in row)
        lines.append("<tr>" + "".join(cells) + "</tr>")
    return "\n".join([*lines, "</table>"])


def _named(key: str) -> str:
    names = {
        "turns": "turns",
        "keys_dropped": "counted things that too few homes reported",
        "keys": "counted things that remain",
        "learnt": "rewrites learnt",
        "published": "rewrites that passed",
    }
    return names.get(key) or f"refused: {gate.REASONS.get(key.removeprefix('refused_'), key)}"


def _figure(what: Learnt) -> bytes:
    """PNG: wins over losses of each rewrite on held-out turns, with the least that the gate asks for."""
    need("matplotlib", "plot")
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    figure = Figure(figsize=(7, 4), dpi=120, layout="constrained")
    axes = figure.subplots()
    judged = [one for one in what.rewrites if one.wins or one.losses]
    for passed, color, label in ((False, "tab:red", "refused"), (True, "tab:green", "published")):
        some = [one for one in judged if (not one.refused) is passed]
        axes.plot(
            [one.losses + 0.1 for one in some], [one.wins + 0.1 for one in some], ".", color=color, alpha=0.6,
            label=f"{label}: {len(some)}",
        )  # fmt: skip
    most = max([one.losses for one in judged] + [1.0])
    axes.plot([0.1, most], [gate.LEAST_RATIO * 0.1, gate.LEAST_RATIO * most], color="gray", linewidth=1)
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("losses on held-out turns (+0.1)")
    axes.set_ylabel("wins (+0.1)")
    axes.set_title(
        f"The line is {gate.LEAST_RATIO} wins to a loss; above it other reasons refuse",
        fontsize=9,
    )
    axes.legend()
    buffer = BytesIO()
    # Nothing of the day or the library's version: the same data give the same file.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()

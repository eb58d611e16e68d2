"""The page of both north sides, made from their signatures, types and explanations."""

import inspect
from collections.abc import Iterable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from evcc.api import about as vehicle_about
from evcc.api.variables import VARIABLES as VEHICLE_VARIABLES
from evcc.api.vehicle import Vehicle
from secc.api import about
from secc.api.charger import ADDITIONS, COMMANDS, Charger
from secc.api.variables import DEBUG, VARIABLES

HEAD = """# The north sides

Generated from `secc/api` and `evcc/api` by `python -m tools.pages`; edit those, not this page.

What drives a role - a back end, a power module, a test - calls **commands** and hears
**variables**.  Commands check their arguments and return at once; answers to a variable come as
another command.
Numbers are SI, times are RFC 3339 in UTC.  Names marked *later* are taken and checked, but have no
field in DIN 70121 and ISO 15118-2.  ISO 15118-20 is not spoken yet.

```python
charger.subscribe("dc_ev_target_voltage_current", follow)
charger.update_dc_maximum_limits(maximum_limits=limits)
charger.last("evcc_id")
charger.missing()          # commands still to be called before a vehicle is let in
```

A command that cannot be taken raises `CommandError` and changes nothing; its text names the
argument and the remedy:

    update_ac_max_current: max_current: input should be less than or equal to 400, not 500
    update_soc: SoC: is missing; soc: is not known here; leave it out or correct its name

Objects and their fields are the classes of `secc/api/objects.py` and `evcc/api/vehicle.py`,
literals those of `secc/api/literals.py`.  Unknown fields are refused; optional ones may be absent.
"""

WRAPPED = """The first eight are the known interface, the others what it lacks.  The session hears
and tells through `ToldActuators` and `ToldPilot` (`evcc/api/told.py`), which wrap what fulfils its
wishes.  `evcc run` takes its values from CAN and does not open this interface yet.
"""


def page() -> str:
    station = [*COMMANDS, *ADDITIONS]
    meaning = {**about.COMMANDS, **about.ADDITIONS}
    parts = [
        HEAD,
        "## Station: commands\n",
        "The last two are additions to the known interface.\n",
        _commands(Charger, station, meaning, about.NOT_HERE),
        "## Station: variables\n",
        "Debug variables are published while `setup` has `debug_mode` on.\n",
        _variables(VARIABLES, about.VARIABLES, about.NOT_HERE, DEBUG),
        "## Vehicle: commands\n",
        WRAPPED,
        _commands(Vehicle, vehicle_about.COMMANDS, vehicle_about.COMMANDS, vehicle_about.NOT_HERE),
        "## Vehicle: variables\n",
        _variables(VEHICLE_VARIABLES, vehicle_about.VARIABLES, vehicle_about.NOT_HERE, ()),
    ]
    return "\n".join(parts)


def _commands(
    owner: type, names: Iterable[str], meaning: Mapping[str, str], later: Mapping[str, str]
) -> str:
    rows = ["| command | arguments | meaning |", "|---|---|---|"]
    for name in names:
        method = getattr(owner, name)
        hints = get_type_hints(method, include_extras=True)
        arguments = [
            f"`{key}`{_optional(one)}: {type_name(hints[key])}"
            for key, one in inspect.signature(method).parameters.items()
            if key != "self"
        ]
        rows.append(f"| `{name}` | {'<br>'.join(arguments)} | {_text(name, meaning, later)} |")
    return "\n".join(rows) + "\n"


def _optional(parameter: inspect.Parameter) -> str:
    return "" if parameter.default is inspect.Parameter.empty else "?"


def _variables(
    types: Mapping[str, Any],
    meaning: Mapping[str, str],
    later: Mapping[str, str],
    debug: Iterable[str],
) -> str:
    rows = ["| variable | type | when |", "|---|---|---|"]
    for name, kind in types.items():
        text = _text(name, meaning, later)
        assert name not in debug or text.startswith("Debug"), name
        rows.append(f"| `{name}` | {type_name(kind)} | {text} |")
    return "\n".join(rows) + "\n"


def _text(name: str, meaning: Mapping[str, str], later: Mapping[str, str]) -> str:
    return meaning[name] if name not in later else f"{meaning[name]}  *later: {later[name]}*"


def type_name(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation is None or annotation is NoneType:
        return "-"
    if origin is Annotated:
        return type_name(inner[0]) + _range(inner[1:])
    if origin in {Union, UnionType}:
        return type_name(next(one for one in inner if one is not NoneType))
    if origin is list:
        return f"list of {type_name(inner[0])}"
    return _plain(annotation)


def _plain(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(get_args(annotation))
    return "number" if annotation in {float, int} else str(annotation.__name__)


def _range(facts: tuple[Any, ...]) -> str:
    low = high = None
    for fact in facts:
        for one in getattr(fact, "metadata", ()):
            low = getattr(one, "ge", low)
            high = getattr(one, "le", high)
    if low is None or high is None:
        return ""
    return f" [{low:g}..{high:g}]"

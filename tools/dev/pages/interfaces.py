"""The page of both north sides, made from their signatures, types and explanations."""

import inspect
from collections.abc import Iterable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from evcc.north import about as vehicle_about
from evcc.north.variables import DEBUG as VEHICLE_DEBUG
from evcc.north.variables import VARIABLES as VEHICLE_VARIABLES
from evcc.north.vehicle import Vehicle
from secc.api import about
from secc.api.charger import Charger
from secc.api.core import ADDITIONS, COMMANDS
from secc.api.variables import ADDITIONS as ADDED
from secc.api.variables import DEBUG, VARIABLES

HEAD = """# The north sides

Generated from `secc/api` and `evcc/north` by `python -m tools.dev.pages`; edit those, not this
page.

What drives a role - a back end, a power module, a test - calls **commands** and hears
**variables**.  Commands check their arguments and return at once; answers to a variable come as
another command.
Numbers are SI, times are RFC 3339 in UTC.  Names marked *ISO 15118-20 only* are taken and checked
always, but have no field in DIN 70121 and ISO 15118-2.

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

Objects and their fields are the classes of `secc/api/objects.py` and `evcc/north/objects.py`,
literals those of `secc/api/literals.py`.  Unknown fields are refused; optional ones may be absent.
"""

WRAPPED = """The first eight are the known interface, the others what it lacks.  In `evcc run` this
side stands beside the vehicle's bus (`evcc/bus/merge.py`): a measurement is
the bus's, and a command that would contradict it is refused; a limit is the tighter of both; a
permission needs both; a stop needs one; a wish is taken from here. `api.values: north` leaves the
bus out, and everything a session needs is told by commands.
"""

DOOR = """## From another process

`api.socket` opens a Unix-domain socket that only the ECU's own user and root can use.  It speaks
lines of JSON; every command and variable below is there, by the same names and with the same
checks, and the schema that `list` gives is made from the same classes.

    api: {socket: run/evcc.sock}

    $ v2g api evcc list                      # all names; list NAME shows one with its schema
    $ v2g api evcc call update_soc SoC=55.5
    done
    $ v2g api evcc call update_soc SoC=111
    v2g api: update_soc: SoC: input should be less than or equal to 100, not 111
    $ v2g api evcc watch session_state session_result
    session_state PreCharge
    $ v2g api secc call update_dc_maximum_limits maximum_limits.evse_maximum_current_limit=80 ...

| request | answer |
|---|---|
| `{"id": 1, "cmd": NAME, "args": {...}}` | `{"id": 1, "retval": ...}` |
| `{"id": 2, "get": VARIABLE}` | the last value; `not-yet` before the first |
| `{"id": 3, "watch": [VARIABLE, ...]}`; empty: all | the names watched, then `{"var", "value"}` |
| `{"id": 4, "unwatch": [...]}`, `{"id": 5, "list": true}` | the names still watched; the schema |

What cannot be done is answered with `{"id", "error": {"code", "message", "problems"}}`; a problem
has `field` and `remedy`.  Codes: `json`, `too-long` (65,536 octets), `request`, `unknown`,
`arguments`, `not-yet`, and before the connection is closed `busy` and `not-allowed`.  A client that
does not read is dropped when `api.queue` octets wait for it, and the log says so.

Other transports need no more than `bsw/north/side.py` has: call by name, hear by name, describe.

"""

NOT_OFFERED = """## Station: side interfaces that are not offered

- A provider of value-added services (`get_service_parameters`, `selected_services`,
  `offered_vas`): Internet access and the contract service are all that is offered.
- SLAC's `reset`, `enter_bcd` and `leave_bcd`: the data link follows the control pilot by itself.
- In `charging_needs` the V2X and DER blocks, which need ISO 15118-20; in `ev_info` the vehicle's
  certificates, which TLS as used by ISO 15118-2 does not bring.

"""


def page() -> str:
    station = [*COMMANDS, *ADDITIONS]
    meaning = {**about.COMMANDS, **about.ADDITIONS}
    meaning_of_variables = {**about.VARIABLES, **about.VARIABLE_ADDITIONS}
    parts = [
        HEAD,
        DOOR,
        "## Station: commands\n",
        "What follows `reset_error` are additions to the known interface.\n",
        _commands(Charger, station, meaning, about.NOT_HERE),
        "## Station: variables\n",
        "Debug variables are published while `setup` has `debug_mode` on.\n",
        "What follows `ev_termination` are additions to the known interface.\n",
        _variables(VARIABLES | ADDED, meaning_of_variables, about.NOT_HERE, DEBUG),
        NOT_OFFERED,
        "## Vehicle: commands\n",
        WRAPPED,
        _commands(Vehicle, vehicle_about.COMMANDS, vehicle_about.COMMANDS, vehicle_about.NOT_HERE),
        "## Vehicle: variables\n",
        _variables(
            VEHICLE_VARIABLES, vehicle_about.VARIABLES, vehicle_about.NOT_HERE, VEHICLE_DEBUG
        ),
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
    types: Mapping[str, object],
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
    return meaning[name] if name not in later else f"{meaning[name]}  *{later[name]}*"


def type_name(annotation: object) -> str:
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


def _range(facts: tuple[object, ...]) -> str:
    low = high = None
    for fact in facts:
        for one in getattr(fact, "metadata", ()):
            low = getattr(one, "ge", low)
            high = getattr(one, "le", high)
    if low is None or high is None:
        return ""
    return f" [{low:g}..{high:g}]"

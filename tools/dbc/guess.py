"""Which signal of a foreign matrix may carry a value: by the words of its name and its unit.

Names are taken apart into words, English or German, and each word is brought to one form.  A guess
has all words of the value and none that says something else; the unit has to be of the same kind.
Whether a guess can be bound is not decided here.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from can_adapter.matrix.model import Matrix
from can_adapter.matrix.specs import MessageSpec, SignalSpec
from can_adapter.signals.roles import Kind, Role

_SAME: Final = {
    "current": "current strom curr amp ampere i",
    "voltage": "voltage spannung volt spg u",
    "power": "power leistung pwr p leist",
    "energy": "energy energie engy e",
    "temperature": "temperature temperatur temp tmp t",
    "soc": "soc ladezustand ladestand",
    "target": "target soll setpoint set request req demand desired wunsch anforderung anf",
    "present": "present ist actual act measured meas value wert",
    "max": "max maximum maximal maximale maximaler limit lim grenze grenzwert upper highest hi",
    "min": "min minimum minimal minimale minimaler lower lowest lo",
    "cell": "cell zelle zell zellen",
    "charge": "charge charging chrg chg laden lade ladung ladevorgang",
    "discharge": "discharge discharging dischrg dchg dischg entladen entlade entladung",
    "permission": "permission freigabe enable enabled allowed permit release frei",
    "contactor": "contactor contactors schuetz schuetze relay relais",
    "state": "state status zustand sts stat",
    "positive": "positive pos plus",
    "negative": "negative neg minus",
    "link": "link zwischenkreis zk dclink",
    "capacity": "capacity kapazitaet cap",
    "ready": "ready bereit rdy",
    "complete": "complete completed finished fertig beendet abgeschlossen voll done",
    "full": "full vollstaendig",
    "bulk": "bulk schnell",
    "remaining": "remaining rest verbleibend verbleibende remain",
    "time": "time zeit dauer",
    "departure": "departure abfahrt",
    "shift": "shift gear gang waehlhebel fahrstufe prnd",
    "position": "position stellung",
    "ambient": "ambient aussen outside umgebung",
    "crash": "crash unfall aufprall",
    "interlock": "interlock hvil pilotlinie",
    "isolation": "isolation iso isolations insulation",
    "resistance": "resistance widerstand",
    "lock": "lock verriegelung riegel",
    "unlock": "unlock entriegelung entriegeln",
    "plug": "plug stecker connector",
    "cable": "cable kabel",
    "fault": "fault fehler error err",
    "code": "code nummer nr",
    "stop": "stop stopp halt abbruch",
    "pause": "pause",
    "button": "button taste taster knopf",
    "pin": "pin kontakt contact",
    "ac": "ac wechselstrom",
    "dc": "dc gleichstrom",
    "detected": "detected erkannt",
    "closed": "closed geschlossen zu",
    "mode": "mode modus betriebsart",
    "immobilized": "immobilized wegfahrsperre",
    "inlet": "inlet dose ladedose",
    "second": "second zweite",
}
_WORD: Final = {word: name for name, words in _SAME.items() for word in words.split()}
_GLUED: Final = sorted((w for w in _WORD if len(w) > 3), key=len, reverse=True)

_FREE: Final = frozenset({"hv", "present", "state", "dc", "detected", "position", "active", "code"})
"""Words of a value that a name may leave out."""
_TELLING: Final = frozenset(
    {"max", "min", "target", "charge", "discharge", "cell", "link", "ac", "negative", "positive",
     "remaining", "second", "ambient", "pin", "unlock", "bulk", "full", "departure", "capacity",
     "isolation", "contactor", "cable", "permission", "complete", "ready", "lock", "plug"}
)  # fmt: skip
"""Words that make another value of it, if they stand in the name alone."""
_HARMLESS: Final = {
    "charge": frozenset({"current", "voltage", "power", "complete", "permission", "time", "energy"})
}
_UNITS: Final = {
    "V": ("V", 1.0), "kV": ("V", 1e3), "mV": ("V", 1e-3), "Volt": ("V", 1.0),
    "A": ("A", 1.0), "mA": ("A", 1e-3), "Ampere": ("A", 1.0),
    "W": ("W", 1.0), "kW": ("W", 1e3), "MW": ("W", 1e6), "Watt": ("W", 1.0),
    "Wh": ("Wh", 1.0), "kWh": ("Wh", 1e3), "%": ("%", 1.0), "percent": ("%", 1.0),
    "degC": ("degC", 1.0), "°C": ("degC", 1.0), "C": ("degC", 1.0), "Grad C": ("degC", 1.0),
    "s": ("s", 1.0), "sec": ("s", 1.0), "min": ("s", 60.0), "h": ("s", 3600.0), "ms": ("s", 1e-3),
    "kOhm": ("kOhm", 1.0), "Ohm": ("kOhm", 1e-3), "MOhm": ("kOhm", 1e3), "kΩ": ("kOhm", 1.0),
}  # fmt: skip


_CHARGERS: Final = ("charg", "chg", "lade", "obc")
"""Nodes that measure the same on their own side: their values come last."""


class Guess(NamedTuple):
    path: str
    scale: float
    score: float


def guesses(matrix: Matrix, role: Role, own: frozenset[str], *, sent: bool) -> list[Guess]:
    """The likeliest first.  What we send stands in our own messages, what we receive in others."""
    found = [
        guess
        for message in matrix
        if (message.sender in own) == sent
        for signal in message.signals
        if (guess := _guess(message, signal, role)) is not None
    ]
    return sorted(found, key=lambda guess: (-guess.score, guess.path))


def words_of(name: str) -> frozenset[str]:
    """``HVB_MaxLadeStrom`` is max, charge, current (and hvb)."""
    return frozenset(_WORD.get(word, word) for word in _split(name))


def _split(name: str) -> Iterator[str]:
    plain = re.sub(r"S[oO][cC](?![a-z])", "Soc", name)
    for letter, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        plain = plain.replace(letter, letters)
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", plain):
        yield from _taken_apart(word.lower())


def _taken_apart(word: str) -> Iterator[str]:
    """German puts words together: ``ladestrom``."""
    if word in _WORD:
        yield word
        return
    for part in _GLUED:
        before, found, after = word.partition(part)
        if found:
            if before:
                yield from _taken_apart(before)
            yield part
            if after:
                yield from _taken_apart(after)
            return
    yield word


def _guess(message: MessageSpec, signal: SignalSpec, role: Role) -> Guess | None:
    scale = _scale(signal, role)
    if scale is None:
        return None
    wanted = words_of(role.name)
    said, around = words_of(signal.name), words_of(message.name)
    missing = wanted - said
    if missing - _FREE - around or not (wanted - _FREE) & said:
        return None
    extra = (said & _TELLING) - wanted
    harmless = frozenset(word for word in extra if wanted & _HARMLESS.get(word, frozenset()))
    if extra - harmless:
        return None
    if message.sender.lower().startswith(_CHARGERS) and not role.name.startswith(("ac_", "max_ch")):
        missing |= frozenset({"sender", "charger", "present"})
    score = len(wanted & said) - 0.5 * len(missing) - 0.1 * len(said - wanted)
    return Guess(f"{message.name}.{signal.name}", scale, score + 0.05 * len(wanted & around))


def _scale(signal: SignalSpec, role: Role) -> float | None:
    """What the signal's unit is to the value's, ``None`` if it is something else."""
    numeric = role.kind is Kind.NUMBER
    if not numeric:
        return 1.0 if not signal.unit and signal.length <= 8 else None
    if not signal.unit:
        return 1.0 if not role.unit or signal.length > 1 else None
    theirs = _UNITS.get(signal.unit.strip())
    ours = _UNITS.get(role.unit)
    if theirs is None or ours is None:
        return 1.0 if signal.unit.strip() == role.unit else None
    return theirs[1] / ours[1] if theirs[0] == ours[0] else None

"""A station driven over its API socket by lines of JSON, as any language can do it."""

import json
import socket

from pilotwire import Station

HERE = {
    "network.interface": "lo",
    "network.sdp_port": 15297,
    "api.socket": "station.sock",
    "nvm.file": "station.nvm",
}
IDS = iter(range(1, 100))

with Station(HERE), socket.socket(socket.AF_UNIX) as line:
    line.settimeout(30)
    line.connect("station.sock")
    heard = line.makefile("r", encoding="utf-8")

    def ask(**words: object) -> dict[str, object]:
        """Send one request; what variables say meanwhile is printed."""
        number = next(IDS)
        line.sendall(json.dumps({"id": number, **words}).encode() + b"\n")
        for text in heard:
            said: dict[str, object] = json.loads(text)
            if said.get("id") == number:
                return said
            print("heard:", said["var"], said["value"])
        raise ConnectionError("the station has closed the line")

    print("watching:", ask(watch=["slac_state", "dc_ev_maximum_limits"]))
    print("lowered:", ask(cmd="update_ac_max_current", args={"max_current": 9}))
    print("refused:", ask(cmd="update_ac_max_current", args={"max_current": 9000}))

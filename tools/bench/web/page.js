"use strict";
const at = (id) => document.getElementById(id);
const put = (id, text) => { const node = at(id); if (node.textContent !== text) node.textContent = text; };
const make = (tag, text = "", kind = "") => { const node = document.createElement(tag); node.textContent = text; if (kind) node.className = kind; return node; };
const time = (s) => s < 100 ? `${s.toFixed(1)} s` : `${Math.floor(s / 60)}:${String(Math.floor(s) % 60).padStart(2, "0")} min`;
const MOST_POINTS = 3000, MOST_LINES = 200;

async function order(said) {
  try {
    const answer = await fetch("/order", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(said) });
    const told = answer.headers.get("content-type").includes("json") ? (await answer.json()).wrong : await answer.text();
    put("wrong", told);
  } catch { put("wrong", "the bench does not answer; is it still running?"); }
}

// Curves

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
let points = [[], [], [], [], []];
let plots = [];
function chart(id, series) {
  const axis = { stroke: colour("--dull"), grid: { stroke: colour("--edge"), width: 1 }, ticks: { stroke: colour("--edge") } };
  return new uPlot({
    width: at(id).clientWidth, height: 180, cursor: { sync: { key: "time" } },
    scales: { x: { time: false }, ...Object.fromEntries(series.map(([, unit]) => [unit, {
      range: unit === "%" ? [0, 100] : (_, low, high) => [Math.min(0, low ?? 0), Math.max(10, (high ?? 0) * 1.05)],
    }])) },
    series: [{ label: "time", value: (_, v) => v == null ? "" : time(v) }, ...series.map(([label, unit, tint], place) => ({
      label, stroke: colour(tint), width: 2, scale: unit,
      value: (_, v) => v == null ? "" : `${v.toFixed(1)} ${unit}`,
    }))],
    axes: [{ ...axis, values: (_, all) => all.map((v) => v >= 60 ? `${+(v / 60).toFixed(1)} min` : `${v} s`) },
      ...series.map(([, unit], place) => ({ ...axis, scale: unit, side: place ? 1 : 3, size: 66, grid: { show: !place, stroke: colour("--edge") },
        values: (_, all) => all.map((v) => `${v} ${unit}`) }))],
  }, [[], ...series.map(() => [])], at(id));
}
function charts() {
  for (const plot of plots) plot.destroy();
  plots = [chart("chart1", [["state of charge", "%", "--good"], ["power", "kW", "--power"]]),
    chart("chart2", [["voltage", "V", "--vehicle"], ["current", "A", "--station"]])];
  draw();
}
function draw() {
  plots[0].setData([points[0], points[1], points[2]]);
  plots[1].setData([points[0], points[3], points[4]]);
}
function curve(scene) {
  const last = points[0][points[0].length - 1];
  if (last !== undefined && scene.seconds < last) points = [[], [], [], [], []];
  if (last === scene.seconds) return;
  [scene.seconds, scene.soc_percent, scene.power_kw, scene.station.volts_v, scene.station.amps_a].forEach((v, n) => points[n].push(v));
  if (points[0].length > MOST_POINTS) points = points.map((row) => row.filter((_, n) => n % 2 === 0));
  draw();
}

// The picture

let shownLine = -1;
function ladder(scene) {
  const box = at("ladder"), down = box.scrollTop + box.clientHeight > box.scrollHeight - 30;
  if (scene.lines.length && scene.lines[scene.lines.length - 1].seconds < shownLine) { box.replaceChildren(); shownLine = -1; }
  let newest = shownLine;
  for (const line of scene.lines) {
    if (line.seconds <= shownLine) continue;
    const row = make("div", "", line.side);
    row.append(make("span", `${line.seconds.toFixed(3)} s`), make("span", line.side === "vehicle" ? "▶" : "◀"), make("b", line.name), make("i", line.text));
    box.append(row);
    newest = Math.max(newest, line.seconds);
  }
  shownLine = newest;
  while (box.childElementCount > MOST_LINES) box.firstChild.remove();
  if (down) box.scrollTop = box.scrollHeight;
}
function phases(scene) {
  const rows = scene.phases.map((one) => {
    const row = make("li", one.name, one.state);
    const limit = one.limit_seconds === null ? "" : ` of ${one.limit_seconds} s`;
    row.append(make("span", one.seconds === null ? "" : time(one.seconds) + limit));
    return row;
  });
  at("phases").replaceChildren(...rows);
}
function can(scene) {
  const rows = [];
  for (const [message, signals] of Object.entries(scene.can)) {
    const list = make("dl");
    for (const [name, value] of signals) list.append(make("dt", name), make("dd", value));
    rows.push(make("h3", message), list);
  }
  at("can").replaceChildren(...rows);
  put("frames", `${scene.can_frames.toLocaleString("en")} frames`);
}
function trouble(scene) {
  const rows = scene.trouble.map((one) => make("li", `${one.code} ${one.name}: ${one.text}${one.detail ? ` (${one.detail})` : ""}${one.stands ? "" : " - gone"}`, one.stands ? "stands" : "gone"));
  rows.push(...scene.made.map((one) => make("li", `made: ${one}`)));
  at("codes").replaceChildren(...(rows.length ? rows : [make("li", "none", "gone")]));
  at("endings").replaceChildren(...(scene.endings.length ? scene.endings.map((one) => make("li", one)) : [make("li", "no session has ended yet", "gone")]));
}
function flow(scene) {
  const kw = scene.power_kw, flows = Math.abs(kw) > 0.05;
  for (const id of ["wire1", "wire2", "wire3"]) at(id).className = `wire${flows ? " flows" : ""}${kw < 0 ? " back" : ""}`;
  put("grid-kw", `${kw.toFixed(1)} kW`);
  put("station-doing", scene.station.doing);
  put("station-va", `${scene.station.volts_v.toFixed(0)} V, ${scene.station.amps_a.toFixed(0)} A`);
  put("vehicle-doing", scene.vehicle.doing);
  put("vehicle-va", `contactors ${scene.vehicle.facts.contactors}, pilot ${scene.pilot}`);
  at("level").style.width = `${scene.soc_percent}%`;
  put("battery-soc", `${scene.soc_percent.toFixed(1)} % of ${scene.target_percent} %`);
  put("battery-kwh", `${scene.energy_kwh.toFixed(2)} kWh, ${scene.vehicle.facts.battery}`);
}
let age = -1;
function pace(scene) {
  const chosen = at("speed"), said = String(scene.wanted_speed);
  if (document.activeElement === chosen) return;
  if (![...chosen.options].some((one) => one.value === said)) chosen.append(make("option", said));
  if (chosen.value !== said) chosen.value = said;
}
function show(scene) {
  if (scene.age === undefined) return;
  pace(scene);
  put("title", scene.title);
  put("agreed", [scene.protocol, scene.security].filter(Boolean).join(", ") || "no session yet");
  put("time", `${time(scene.seconds)} after power-on, ${scene.speed.toFixed(0)} times as fast as life`);
  put("count", `${scene.messages.toLocaleString("en")}, slowest answer ${scene.slowest.took_ms.toFixed(0)} ms of ${scene.slowest.limit_ms.toFixed(0)} ms`);
  flow(scene); phases(scene); trouble(scene); ladder(scene); can(scene); curve(scene);
  if (scene.age < age) { for (const one of document.querySelectorAll("button.on")) one.classList.remove("on"); }
  age = scene.age;
}

// Hands

for (const button of document.querySelectorAll("button[data-do]")) {
  button.addEventListener("click", () => {
    const on = button.dataset.again && button.classList.toggle("on");
    order({ do: !button.dataset.again || on ? button.dataset.do : button.dataset.again });
  });
}
at("set-soc").onclick = () => order({ do: `soc ${at("soc").value} %` });
at("set-target").onclick = () => order({ do: `target ${at("target").value} %` });
for (const [id, unit] of [["derate", "%"], ["line", "dB"]]) {
  at(id).oninput = () => put(`${id}-out`, `${at(id).value} ${unit}`);
  at(id).onchange = () => order({ do: `${id} ${at(id).value} ${unit}` });
}
const fault = (words) => { const [kind, name] = at("fault").value.split("|"); order({ do: `${words[kind]} ${name}` }); };
at("make").onclick = () => fault({ vehicle: "fault", module: "break" });
at("mend").onclick = () => fault({ vehicle: "mend", module: "repair" });
at("set-prices").onclick = () => order({ prices: at("prices").value.trim().split(/[\s,]+/).map((level, hour) => ({ at: `${hour} h`, power: "150 kW", level: Number(level) })) });
at("play").onclick = () => order({ play: at("scenario").value, story: at("story").checked });
at("speed").onchange = () => order({ speed: Number(at("speed").value) });

async function begin() {
  const known = await (await fetch("/known")).json();
  for (const [name, title] of Object.entries(known.scenarios)) { const one = make("option", title); one.value = name; at("scenario").append(one); }
  for (const [kind, names] of [["vehicle", known.faults], ["module", known.module_faults]]) {
    const group = make("optgroup"); group.label = kind === "vehicle" ? "vehicle" : "power module";
    for (const name of names) { const one = make("option", name); one.value = `${kind}|${name}`; group.append(one); }
    at("fault").append(group);
  }
  points = await (await fetch("/history")).json();
  charts();
  const pictures = new EventSource("/events");
  pictures.onmessage = (event) => show(JSON.parse(event.data));
  pictures.onerror = () => put("time", "the bench does not answer; is it still running?");
  addEventListener("resize", charts);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", charts);
}
begin();

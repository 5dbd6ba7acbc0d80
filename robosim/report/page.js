// The page: one mission, or several in tabs below what compares them.

const DATA = JSON.parse(document.getElementById("data").textContent);

function section(title, ...children) {
  return make("section", {}, make("h2", {}, title), ...children);
}

// What is known of agents, for tables and whoever is pointed at.
function agentsOf(mission) {
  const { columns, rows } = mission.table, listeners = [], byId = new Map(rows.map(row => [row[0], row]));
  const told = {
    about: id => [
      [mission.agent, String(id)],
      ...columns.slice(1).map((column, j) => [column.title, byId.has(id) ? figure(byId.get(id)[j + 1]) + (column.unit && " " + column.unit) : "–"]),
    ].slice(0, 9),
    choose: id => told.table && told.table.mark(id),
    follow: one => listeners.push(one),
    call: id => listeners.forEach(one => one(id)),
  };
  return told;
}

function verdict(mission) {
  const line = make("p", { class: "headline " + mission.headline.state }, mission.headline.value);
  const cards = mission.cards.map(card =>
    make("div", { class: "card " + card.state }, make("dt", {}, card.name), make("dd", {}, make("b", {}, card.value), card.more && make("span", {}, card.more))),
  );
  const remarks = mission.remarks.length ? make("ul", { class: "remarks" }, mission.remarks.map(one => make("li", {}, one))) : null;
  return make("section", { class: "verdict", "aria-label": "verdict" }, line, make("dl", { class: "cards" }, cards), remarks);
}

function costs(mission, agents) {
  const { columns, rows } = mission.table;
  const marked = columns.map((column, j) => ({
    ...column, numeric: j === 0 || rows.some(row => typeof row[j] === "number"),
    look: column.key === "strategy" ? name => (Object.hasOwn(mission.looks, name) ? mission.looks[name] : mission.looks.faithful) : null,
  }));
  const summed = ["private_cost", "reported_cost", "tax", "net_cost", "payment"];
  const totals = rows.length === mission.table.agents ? columns.map((column, j) => (j === 0 ? "sum" : summed.includes(column.key) ? sum(rows.map(row => row[j])) : null)) : null;
  agents.table = sortable("What each pays: private cost + tax = net cost", marked, rows, { totals, onrow: row => agents.call(row && row[0]) });
  const few = rows.length < mission.table.agents ? make("p", {}, `${rows.length} of ${mission.table.agents} ${mission.agent}s: the selfish, and the first others.`) : null;
  const save = make("button", { type: "button", onclick: () => download("agents.csv", csv(columns.map(one => one.key), rows), "text/csv") }, "save as CSV");
  return section("Costs and taxes", agents.table.element, few, save);
}

function chartOf(tree) {
  const chart = at(tree, 0), canvas = make("canvas", { class: "chart", role: "img", "aria-label": text(chart.title) });
  let now = null;
  const one = sheet(canvas, width => Math.max(200, Math.min(280, width * 0.45)), (context, width, height) => drawChart(context, chart, width, height, now));
  return { element: canvas, at: x => ((now = x), one.draw()), last: chart.curves.length ? Math.max(...list(chart.curves[0].x)) : 0 };
}

// Whether a replay has charts of its rounds itself.
const showsRounds = film => [film.main, ...film.side, ...film.below].some(panel => panel.is === "Chart" && panel.x === "round");

function course(mission, replay) {
  if (!mission.charts.length || (mission.replay && mission.replay.acts.some(act => showsRounds(act.film)))) return null;
  const made = mission.charts.map(chartOf);
  // A moment of the replay belongs to a round; what follows the rounds belongs to the last one.
  if (replay) replay.follow(frame => made.forEach(one => one.at(mission.replay.rounds[frame])));
  return section("Round by round", make("div", { class: "charts" }, made.map(one => one.element)));
}

function prices(mission) {
  const told = mission.prices;
  if (!told || !told.values.length) return null;
  if (told.values.length === 1 && told.columns.length === 2) return section("Prices", make("p", {}, told.title + ": ", make("b", {}, figure(told.values[0][1]) + " " + told.unit)));
  const numeric = told.columns.map((title, j) => ({ title, unit: j ? told.unit : "", numeric: j > 0 }));
  const table = sortable(told.title, numeric, told.values);
  return section("Prices", table.element);
}

function attacks(mission) {
  const found = mission.attacks;
  if (!found) return null;
  const bounds = found.rules.map(rule => {
    const certified = found.epsilon[rule].certified;
    const bound = certified == null ? "no certificate" + (found.void[rule] ? ": " + found.void[rule] : "") : `nobody can gain more than ${figure(certified, 4)} ${found.unit}`;
    return make("li", {}, make("b", {}, rule), ": ", bound);
  });
  const keys = ["agent", "strategy", "tax_rule", "net_cost_faithful", "net_cost", "gain", "others_change", "covered"];
  const titles = [mission.agent, "strategy", "tax", "net cost, faithful", "net cost, attacking", "gain", "others pay", "covered by ε"];
  const numeric = [true, false, false, true, true, true, true, false];
  const columns = titles.map((title, j) => ({ title, unit: numeric[j] && j ? found.unit : "", numeric: numeric[j] }));
  const rows = found.rows.map(row => keys.map(key => (typeof row[key] === "boolean" ? (row[key] ? "yes" : "no") : row[key])));
  const several = found.rows.length < found.tried ? ` (the best ${found.rows.length} of ${found.tried})` : "";
  const table = sortable("Every attack, alone against faithful others" + several, columns, rows, { first: 5 });
  const save = make("button", { type: "button", onclick: () => download("attacks.csv", csv(keys, found.rows.map(row => keys.map(key => row[key]))), "text/csv") }, "save as CSV");
  const left = found.left_out.length ? make("ul", { class: "remarks" }, found.left_out.map(one => make("li", {}, one))) : null;
  return section(
    "Attacks", make("ul", {}, bounds),
    make("div", { class: "maps" }, heat(`What the best attacker gains (${found.unit})`, found, "gain"), heat(`What the others pay more by it (${found.unit})`, found, "others_change")),
    make("p", { class: "faint" }, "Of each strategy and rule the attacker that gains most. Warm: it gains, others pay more; cold: it loses, others pay less; white: less than a thousandth of the largest figure."),
    table.element, save, left,
  );
}

function again(mission) {
  const told = mission.again;
  const raw = one => Uint8Array.from(atob(one.content), c => c.charCodeAt(0));
  const files = told.files.map(one =>
    make("li", {}, make("code", {}, one.name), ` (${one.key}, ${one.size} bytes, sha256 ${one.sha256}) `,
      one.content == null ? "is not in this page" : make("button", { type: "button", onclick: () => download(one.name.split("/").pop().replace(/[^\w.-]/g, "_"), raw(one), "application/octet-stream") }, "save")),
  );
  const lost = told.not_reproducible.length ? make("div", {}, make("p", {}, "Not all of it can be said in a world file:"), make("ul", {}, told.not_reproducible.map(one => make("li", {}, one)))) : null;
  const made = Object.entries(told.made_with).map(([name, version]) => `${name} ${version}`).join(", ");
  return section(
    "Play it again",
    make("p", {}, "Save the world file", files.length ? " and, in the folders that their names say, the files that it names" : "", ", then:"),
    make("pre", { class: "command" }, told.command),
    make("p", { class: "buttons" },
      make("button", { type: "button", onclick: () => download("world.toml", told.world_toml, "application/toml") }, "save world.toml"),
      make("button", { type: "button", onclick: () => download("mission.json", JSON.stringify(mission.summary), "application/json") }, "save mission.json"),
    ),
    mission.thinned ? make("p", {}, "mission.json has the first agents and every so many rounds only: the record has them all.") : null,
    files.length ? make("ul", { class: "files" }, files) : null, lost,
    make("details", {}, make("summary", {}, "world.toml"), make("pre", {}, told.world_toml)),
    make("p", { class: "faint" }, made ? `The same seed gives the same bits where these are the same: ${made}.` : "What it was made with is not recorded."),
  );
}

function article(mission) {
  const agents = agentsOf(mission), replay = mission.replay ? player(mission, agents) : null;
  const facts = mission.about.map(([name, value]) => make("span", {}, name + " ", make("b", {}, value)));
  const element = make(
    "article", {},
    make("header", {}, make("h1", {}, mission.world), make("p", { class: "about" }, facts)),
    verdict(mission),
    replay && replay.element,
    course(mission, replay), costs(mission, agents), prices(mission), attacks(mission), again(mission),
  );
  return { element, replay };
}

let current = null, shared = [];

function open(holder, mission) {
  sheets.clear();
  shared.forEach(one => sheets.add(one));
  current = article(mission);
  holder.replaceChildren(current.element);
  if (current.replay) current.replay.redraw();
  redraw();
}

addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey || !current || !current.replay) return;
  if (event.target.closest("input, select, textarea, summary, [role=tab]") || (event.key === " " && event.target.closest("button"))) return;
  if (event.key.startsWith("Arrow") && event.target.closest(".scroll")) return;
  const act = current.replay.keys[event.key];
  if (!act) return;
  event.preventDefault();
  act(event);
});

function theme() {
  const box = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
  const button = make("button", { type: "button", class: "theme", "aria-label": "dark or light", onclick: () => {
    box.dataset.theme = colours.dark ? "light" : "dark";
    repaint();
  } }, "◐");
  dark.addEventListener("change", repaint);
  return button;
}

function repaint() {
  recolour();
  redraw();
}

addEventListener("beforeprint", () => {
  document.documentElement.classList.add("printed");
  repaint();
});
addEventListener("afterprint", () => {
  document.documentElement.classList.remove("printed");
  repaint();
});

function start() {
  const page = document.getElementById("page"), holder = make("div", { class: "holder" });
  recolour();
  page.append(theme());
  if (DATA.missions.length > 1) page.append(comparison(DATA.missions, mission => open(holder, mission)));
  shared = [...sheets];
  page.append(holder, make("footer", {}, `robosim ${DATA.robosim}. This page is one file: it asks nobody for anything.`));
  open(holder, DATA.missions[0]);
}

start();

// The page: one mission, or several in tabs below what compares them.

const DATA = JSON.parse(document.getElementById("data").textContent);

function article(mission) {
  const agents = agentsOf(mission),
    replay = mission.replay ? player(mission, agents) : null;
  const facts = mission.about.map(([name, value]) => make("span", {}, name + " ", make("b", {}, value)));
  const element = make(
    "article",
    {},
    make("header", {}, make("h1", {}, mission.world), make("p", { class: "about" }, facts)),
    verdict(mission),
    replay && replay.element,
    course(mission, replay),
    costs(mission, agents),
    prices(mission),
    attacks(mission),
    again(mission),
  );
  return { element, replay };
}

let current = null,
  shared = [];

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
  if (
    event.target.closest("input, select, textarea, summary, [role=tab]") ||
    (event.key === " " && event.target.closest("button"))
  )
    return;
  if (event.key.startsWith("Arrow") && event.target.closest(".scroll")) return;
  const act = current.replay.keys[event.key];
  if (!act) return;
  event.preventDefault();
  act(event);
});

function theme() {
  const box = document.documentElement,
    dark = matchMedia("(prefers-color-scheme: dark)");
  const button = make(
    "button",
    {
      type: "button",
      class: "theme",
      "aria-label": "dark or light",
      onclick: () => {
        box.dataset.theme = colours.dark ? "light" : "dark";
        repaint();
      },
    },
    "◐",
  );
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
  const page = document.getElementById("page"),
    holder = make("div", { class: "holder" });
  recolour();
  page.append(theme());
  if (DATA.missions.length > 1) page.append(comparison(DATA.missions, mission => open(holder, mission)));
  shared = [...sheets];
  page.append(
    holder,
    make("footer", {}, `robosim ${DATA.robosim}. This page is one file: it asks nobody for anything.`),
  );
  open(holder, DATA.missions[0]);
}

start();

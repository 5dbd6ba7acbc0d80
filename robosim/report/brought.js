// What was tried against a mission, and what plays it again.

function attacks(mission) {
  const found = mission.attacks;
  if (!found) return null;
  const bounds = found.rules.map(rule => {
    const certified = found.epsilon[rule].certified;
    const bound =
      certified == null
        ? "no certificate" + (found.void[rule] ? ": " + found.void[rule] : "")
        : `nobody can gain more than ${figure(certified, 4)} ${found.unit}`;
    return make("li", {}, make("b", {}, rule), ": ", bound);
  });
  const keys = [
    "agent",
    "strategy",
    "tax_rule",
    "net_cost_faithful",
    "net_cost",
    "gain",
    "others_change",
    "covered",
  ];
  const titles = [
    mission.agent,
    "strategy",
    "tax",
    "net cost, faithful",
    "net cost, attacking",
    "gain",
    "others pay",
    "covered by ε",
  ];
  const numeric = [true, false, false, true, true, true, true, false];
  const columns = titles.map((title, j) => ({
    title,
    unit: numeric[j] && j ? found.unit : "",
    numeric: numeric[j],
  }));
  const rows = found.rows.map(row =>
    keys.map(key => (typeof row[key] === "boolean" ? (row[key] ? "yes" : "no") : row[key])),
  );
  const several = found.rows.length < found.tried ? ` (the best ${found.rows.length} of ${found.tried})` : "";
  const table = sortable("Every attack, alone against faithful others" + several, columns, rows, {
    first: 5,
  });
  const save = make(
    "button",
    {
      type: "button",
      onclick: () =>
        download(
          "attacks.csv",
          csv(
            keys,
            found.rows.map(row => keys.map(key => row[key])),
          ),
          "text/csv",
        ),
    },
    "save as CSV",
  );
  const left = found.left_out.length
    ? make(
        "ul",
        { class: "remarks" },
        found.left_out.map(one => make("li", {}, one)),
      )
    : null;
  return section(
    "Attacks",
    make("ul", {}, bounds),
    make(
      "div",
      { class: "maps" },
      heat(`What the best attacker gains (${found.unit})`, found, "gain"),
      heat(`What the others pay more by it (${found.unit})`, found, "others_change"),
    ),
    make(
      "p",
      { class: "faint" },
      "Of each strategy and rule the attacker that gains most. Warm: it gains, others pay more; cold: it loses, ",
      "others pay less; plain: less than a thousandth of the largest figure.",
    ),
    table.element,
    save,
    left,
  );
}

function again(mission) {
  const told = mission.again;
  const raw = one => Uint8Array.from(atob(one.content), c => c.charCodeAt(0));
  const files = told.files.map(one =>
    make(
      "li",
      {},
      make("code", {}, one.name),
      ` (${one.key}, ${one.size} bytes, sha256 ${one.sha256}) `,
      one.content == null
        ? "is not in this page"
        : make(
            "button",
            {
              type: "button",
              onclick: () =>
                download(
                  one.name
                    .split("/")
                    .pop()
                    .replace(/[^\w.-]/g, "_"),
                  raw(one),
                  "application/octet-stream",
                ),
            },
            "save",
          ),
    ),
  );
  const lost = told.not_reproducible.length
    ? make(
        "div",
        {},
        make("p", {}, "Not all of it can be said in a world file:"),
        make(
          "ul",
          {},
          told.not_reproducible.map(one => make("li", {}, one)),
        ),
      )
    : null;
  const made = Object.entries(told.made_with)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
  return section(
    "Play it again",
    make(
      "p",
      {},
      "Save the world file",
      files.length ? " and, in the folders that their names say, the files that it names" : "",
      ", then:",
    ),
    make("pre", { class: "command" }, told.command),
    make(
      "p",
      { class: "buttons" },
      make(
        "button",
        { type: "button", onclick: () => download("world.toml", told.world_toml, "application/toml") },
        "save world.toml",
      ),
      make(
        "button",
        {
          type: "button",
          onclick: () => download("mission.json", JSON.stringify(mission.summary), "application/json"),
        },
        "save mission.json",
      ),
    ),
    mission.thinned
      ? make(
          "p",
          {},
          "mission.json has the first agents and every so many rounds only: the record has them all.",
        )
      : null,
    files.length ? make("ul", { class: "files" }, files) : null,
    lost,
    make("details", {}, make("summary", {}, "world.toml"), make("pre", {}, told.world_toml)),
    make(
      "p",
      { class: "faint" },
      made
        ? `The same seed gives the same bits where these are the same: ${made}.`
        : "What it was made with is not recorded.",
    ),
  );
}

// The menu of sizes.
import { Menu } from "./menu.js";
import { word } from "./words.js";

const AUTO = -1;
const list = document.getElementById("quality-menu");
const name = document.getElementById("quality-name");

let hls = null;
let chosen = AUTO;

const menu = new Menu(document.getElementById("quality"), list, (level) => {
  chosen = level;
  hls.nextLevel = level;
  show();
});

/** As people call a size: by its shorter side. */
const short = (level) => `${Math.min(level.width, level.height)}p`;

export function followSizes(player) {
  hls = player;
  chosen = AUTO;
  hls.on(window.Hls.Events.MANIFEST_PARSED, () => {
    const sizes = hls.levels.map((level, index) => [index, short(level)]);
    menu.fill([[AUTO, word("auto")], ...sizes.reverse()], AUTO);
    show();
  });
  hls.on(window.Hls.Events.LEVEL_SWITCHED, show);
}

function show() {
  const now = hls.levels[hls.currentLevel];
  menu.mark(chosen);
  name.textContent = chosen === AUTO ? word("auto") : short(hls.levels[chosen]);
  const auto = list.firstElementChild;
  if (auto) {
    auto.textContent = chosen === AUTO && now ? `${word("auto")} (${short(now)})` : word("auto");
  }
}

// A button with a menu of things of which one is chosen.

const menus = [];

export class Menu {
  /** `choose` is called with the value of what a person has chosen. */
  constructor(button, list, choose) {
    this.button = button;
    this.list = list;
    this.choose = choose;
    button.addEventListener("click", () => (list.hidden ? this.open() : this.close()));
    list.addEventListener("keydown", (event) => this.move(event));
    menus.push(this);
  }

  /** `items` are pairs of a value and a text. Without a choice there is no button. */
  fill(items, chosen) {
    this.list.replaceChildren(...items.map(([value, text]) => this.item(value, text)));
    this.button.hidden = items.length < 2;
    this.mark(chosen);
  }

  item(value, text) {
    const item = document.createElement("button");
    item.type = "button";
    item.setAttribute("role", "menuitemradio");
    item.tabIndex = -1;
    item.textContent = text;
    item.dataset.value = String(value);
    item.addEventListener("click", () => {
      this.close();
      this.button.focus();
      this.choose(value);
    });
    return item;
  }

  mark(chosen) {
    for (const item of this.list.children) {
      item.setAttribute("aria-checked", String(item.dataset.value === String(chosen)));
    }
  }

  open() {
    for (const other of menus) other.close();
    this.list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    (this.list.querySelector("[aria-checked=true]") ?? this.list.firstElementChild)?.focus();
  }

  close() {
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
  }

  move(event) {
    const items = [...this.list.children];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Escape") {
      this.close();
      this.button.focus();
    } else if (to !== undefined) {
      items[(to + items.length) % items.length].focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

export function isMenuOpen() {
  return menus.some((menu) => !menu.list.hidden);
}

export function closeMenus() {
  for (const menu of menus) menu.close();
}

document.addEventListener("pointerdown", (event) => {
  if (!event.target.closest(".menu")) closeMenus();
});

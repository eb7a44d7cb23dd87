// Starts the GOV.UK components and this site's own small enhancements. Every page works without.
import { initAll } from "./govuk/govuk-frontend.min.js";

initAll();

// Suggestions below a search box: a native list, which the browser makes accessible.
const PAUSE = 150;

function suggestInto(row, number) {
  const input = row.querySelector("input[type=search]");
  const list = document.createElement("datalist");
  list.id = `suggestions-${number}`;
  row.append(list);
  input.setAttribute("list", list.id);
  let timer;
  let asked = "";
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const typed = input.value.trim();
      if (typed.length < 2 || typed === asked) return;
      asked = typed;
      const found = await fetch(`${row.dataset.suggest}?q=${encodeURIComponent(typed)}`)
        .then((answer) => (answer.ok ? answer.json() : null))
        .catch(() => null);
      if (!found || typed !== asked) return;
      list.replaceChildren(...found.suggestions.map(({ text, url }) => {
        const option = document.createElement("option");
        option.value = text;
        option.dataset.url = url;
        return option;
      }));
    }, PAUSE);
  });
  // A suggestion that was chosen leads straight to its page.
  input.addEventListener("change", () => {
    const chosen = [...list.options].find((option) => option.value === input.value);
    if (!chosen) return;
    clearTimeout(timer);
    window.location.assign(chosen.dataset.url);
  });
}

document.querySelectorAll("[data-suggest]").forEach(suggestInto);

// The contents beside a long page say which part is being read.
function markCurrent(contents) {
  const links = [...contents.querySelectorAll("a[href^='#']")];
  const parts = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1)))).filter(Boolean);
  const mark = () => {
    const passed = parts.filter((part) => part.getBoundingClientRect().top < window.innerHeight / 3);
    const current = passed.length ? passed.at(-1).id : "";
    links.forEach((link) => {
      if (current && link.hash === `#${current}`) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  };
  // Sections come into sight or leave it: no work on every pixel of a scroll.
  const watch = new IntersectionObserver(mark, { rootMargin: "0px 0px -66% 0px" });
  parts.forEach((part) => watch.observe(part.closest("section") ?? part));
}

document.querySelectorAll(".app-contents").forEach(markCurrent);

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
      const answer = await fetch(`${row.dataset.suggest}?q=${encodeURIComponent(typed)}`).catch(() => null);
      if (!answer || !answer.ok || typed !== asked) return;
      const { suggestions } = await answer.json();
      list.replaceChildren(...suggestions.map(({ text, url }) => {
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
    if (chosen) window.location.assign(chosen.dataset.url);
  });
}

document.querySelectorAll("[data-suggest]").forEach(suggestInto);

// Renews the progress of a run every two seconds. Without it the page renews itself as a whole.
const place = document.querySelector("[data-run-progress]");

async function renew() {
  const answer = await fetch(place.dataset.runProgress, { headers: { "X-Requested-With": "fetch" } });
  if (!answer.ok) {
    return;
  }
  place.innerHTML = await answer.text();
  if (answer.headers.get("X-Run-Finished") === "yes") {
    // Outputs and comparison exist now: show the whole page again.
    window.location.reload();
    return;
  }
  window.setTimeout(renew, 2000);
}

if (place && place.dataset.runFinished === "no") {
  window.setTimeout(renew, 1000);
}

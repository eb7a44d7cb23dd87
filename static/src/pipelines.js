// Renews the progress of a run every two seconds. Without it the page renews itself as a whole.
const place = document.querySelector("[data-run-progress]");
const SOON = 2000;
const LATER = 5000;

// Who is about to press the button, with mouse or keyboard, keeps it: a new one would not notice.
const isHeld = () => place.matches(":active") || place.querySelector("form :focus");

async function renew() {
  const answer = await fetch(place.dataset.runProgress, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
  if (!answer?.ok) {
    // No line, or a server that is busy: the run goes on all the same.
    window.setTimeout(renew, LATER);
    return;
  }
  if (answer.redirected || answer.headers.get("X-Run-Finished") === "yes") {
    // Outputs and comparison exist now, or the session has ended: show the whole page again.
    window.location.reload();
    return;
  }
  const progress = await answer.text().catch(() => null);
  if (progress !== null && !isHeld()) {
    place.innerHTML = progress;
  }
  window.setTimeout(renew, SOON);
}

if (place && place.dataset.runFinished === "no") {
  window.setTimeout(renew, 1000);
}

// Shows how far the checking of an upload is. Without it the page reloads itself.
const box = document.getElementById("upload-progress");
const SOON = 1000;
const LATER = 5000;

// Returns null where the page itself has to say what happened: the session has ended, or the upload is gone.
async function ask() {
  const answer = await fetch(box.dataset.status, { headers: { Accept: "application/json" } });
  if (answer.redirected || answer.status === 404) {
    return null;
  }
  if (!answer.ok) {
    throw new Error(`${answer.status}`);
  }
  return answer.json();
}

async function look() {
  let status;
  try {
    status = await ask();
  } catch {
    // No line, or a server that is busy: the file is checked all the same.
    window.setTimeout(look, LATER);
    return;
  }
  if (!status?.waiting) {
    window.location.reload();
    return;
  }
  box.querySelector("progress").value = status.progress;
  window.setTimeout(look, SOON);
}

if (box) {
  window.setTimeout(look, 500);
}

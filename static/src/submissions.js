// Shows how far the checking of an upload is. Without it the page reloads itself.
const box = document.getElementById("upload-progress");

async function look() {
  const answer = await fetch(box.dataset.status, { headers: { Accept: "application/json" } });
  if (!answer.ok) {
    return;
  }
  const status = await answer.json();
  box.querySelector("progress").value = status.progress;
  if (status.waiting) {
    window.setTimeout(look, 1000);
  } else {
    window.location.reload();
  }
}

if (box) {
  window.setTimeout(look, 500);
}

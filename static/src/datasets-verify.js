// Checks files on the reader's own computer: SHA-256 of each, and the signature of the manifest.
// Only hashes are sent: to ask which published file has one.
const box = document.getElementById("verify-browser");
const MANIFEST = "manifest.json";
const SIGNATURE = "manifest.json.sig";

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-----[^-]+-----|\s/g, "")), (letter) => letter.charCodeAt(0));
const sha256 = async (file) => hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));

/** Return the published files with this hash. */
async function published(hash) {
  const answer = await fetch(box.dataset.files + hash, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the portal answered ${answer.status}`);
  return answer.json();
}

/** Return whether the publisher signed the manifest; null where the browser cannot tell. */
async function signed(manifest, signature) {
  const pem = await (await fetch(box.dataset.key)).text();
  let key;
  try {
    key = await crypto.subtle.importKey("spki", bytesOf(pem), { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null;
  }
  try {
    return await crypto.subtle.verify({ name: "Ed25519" }, key, bytesOf(await signature.text()), await manifest.arrayBuffer());
  } catch {
    return false;
  }
}

/** Return what the manifest says of each file, by name. */
async function listed(manifest) {
  try {
    return Object.fromEntries(JSON.parse(await manifest.text()).files.map((file) => [file.name, file.sha256]));
  } catch {
    return {};
  }
}

async function check(file, manifest) {
  const hash = await sha256(file);
  if (manifest[file.name]) {
    const same = manifest[file.name] === hash;
    return { same, text: same ? "as the manifest says" : "ALTERED: the manifest names another SHA-256", hash };
  }
  const found = await published(hash);
  if (!found.length) return { same: false, text: "not a file that is published here", hash };
  const { dataset, version, name, page } = found[0];
  return { same: true, text: `${name} of ${dataset}, version ${version}`, hash, page };
}

function row(name, result) {
  const line = document.createElement("tr");
  line.className = "govuk-table__row";
  const head = document.createElement("th");
  head.scope = "row";
  head.className = "govuk-table__header";
  head.textContent = name;
  const state = document.createElement("td");
  state.className = "govuk-table__cell";
  const tag = document.createElement("strong");
  tag.className = `govuk-tag govuk-tag--${result.same ? "green" : result.same === null ? "yellow" : "red"}`;
  tag.textContent = result.same ? "As published" : result.same === null ? "Not checked" : "Not as published";
  state.append(tag);
  const what = document.createElement("td");
  what.className = "govuk-table__cell datasets-hash";
  if (result.page) {
    const link = document.createElement("a");
    link.className = "govuk-link";
    link.href = result.page;
    link.textContent = result.text;
    what.append(link);
  } else {
    what.textContent = result.text;
  }
  if (result.hash) what.append(document.createElement("br"), document.createTextNode(result.hash));
  line.append(head, state, what);
  return line;
}

async function results(files) {
  const byName = Object.fromEntries(files.map((file) => [file.name, file]));
  const manifest = byName[MANIFEST] ? await listed(byName[MANIFEST]) : {};
  const rows = [];
  for (const file of files.filter((one) => one.name !== SIGNATURE || !byName[MANIFEST])) {
    rows.push(row(file.name, await check(file, file.name === MANIFEST ? {} : manifest)));
  }
  if (byName[MANIFEST] && byName[SIGNATURE]) {
    const same = await signed(byName[MANIFEST], byName[SIGNATURE]);
    const text = { true: "signed by the publisher", false: "NOT signed by the publisher", null: "this browser cannot check Ed25519 signatures; use the command" }[same];
    rows.push(row("Signature of the manifest", { same, text }));
  }
  return rows;
}

function table(rows) {
  const found = document.createElement("table");
  found.className = "govuk-table portal-table";
  const caption = document.createElement("caption");
  caption.className = "govuk-table__caption govuk-table__caption--s";
  caption.textContent = "What was found";
  const head = document.createElement("thead");
  head.className = "govuk-table__head";
  const titles = document.createElement("tr");
  titles.className = "govuk-table__row";
  for (const title of ["File", "Result", "What it is"]) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.className = "govuk-table__header";
    cell.textContent = title;
    titles.append(cell);
  }
  head.append(titles);
  const body = document.createElement("tbody");
  body.className = "govuk-table__body";
  body.append(...rows);
  found.append(caption, head, body);
  return found;
}

function say(text) {
  const line = document.createElement("p");
  line.className = "govuk-body";
  line.textContent = text;
  return line;
}

// Browsers hash only on secure pages (https, or this very machine).
if (box && window.crypto && crypto.subtle) {
  box.hidden = false;
  const result = document.getElementById("verify-result");
  let latest; // the answer about large files may come after that about others, chosen since
  document.getElementById("verify-files").addEventListener("change", async (event) => {
    const files = [...event.target.files];
    latest = files;
    result.replaceChildren(say("Checking …"));
    let found;
    try {
      found = files.length ? table(await results(files)) : "";
    } catch (error) {
      found = say(`The files could not be checked: ${error.message}. Use the command below.`);
    }
    if (latest === files) result.replaceChildren(found);
  });
}

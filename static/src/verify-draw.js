// Works a draw out again from its public record, by the algorithm "ohw-draw-1".
// The same steps as portal/methods/lottery.py; the sentences there are the specification.

const encoder = new TextEncoder();
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => new Uint8Array(text.match(/../g).map((pair) => parseInt(pair, 16)));
const sha256 = async (text) => hex(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

export const canonical = (record) => JSON.stringify({
  algorithm: record.algorithm,
  entries: [...record.entries].sort((a, b) => byText(a[0], b[0])),
  places: record.places,
  rule: {
    first_timers_first: record.rule.first_timers_first,
    shares: record.rule.shares.map(([group, share]) => [group, share.toFixed(6)]),
  },
  ...(record.source_declared ? { source: record.source_declared } : {}),
});

const tickets = async (key, stage, entries) => Promise.all(entries.map(async (entry) => ({
  entry,
  ticket: hex(await crypto.subtle.sign("HMAC", key, encoder.encode(`${stage}\n${entry[0]}`))),
})));

const inOrder = async (key, stage, entries, firstTimersFirst) => (await tickets(key, stage, entries))
  .sort((a, b) => (firstTimersFirst ? Number(a.entry[2]) - Number(b.entry[2]) : 0) || byText(a.ticket, b.ticket))
  .map((row) => row.entry);

export const rank = async (record, seed) => {
  const key = await crypto.subtle.importKey("raw", fromHex(seed), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const first = record.rule.first_timers_first;
  const chosen = [];
  const taken = new Set();
  for (const [group, share] of record.rule.shares) {
    const members = record.entries.filter((entry) => entry[1] === group && !taken.has(entry[0]));
    const line = await inOrder(key, `share ${group}`, members, first);
    for (const entry of line.slice(0, Math.floor(share * record.places + 1e-9))) {
      chosen.push([entry[0], `share ${group}`]);
      taken.add(entry[0]);
    }
  }
  const rest = await inOrder(key, "open", record.entries.filter((entry) => !taken.has(entry[0])), first);
  const open = record.places - chosen.length;
  rest.forEach((entry, number) => chosen.push([entry[0], number < open ? "open" : "waiting list"]));
  return chosen.map(([code, stage], number) => [number + 1, code, stage, stage !== "waiting list"]);
};

const short = (digest) => `${digest.slice(0, 8)}…`;
const told = (row) => (row ? `${row[1]} (${row[2]})` : "nothing");
const missingFrom = (codes, others) => [...codes].filter((code) => !others.has(code)).sort(byText);

// Where a ranking leaves the one that the seed gives: who came late, who is missing, or the first line.
const where = (expected, ranking) => {
  const entered = new Set(expected.map((row) => row[1]));
  const ranked = new Set(ranking.map((row) => row[1]));
  const found = [
    ...missingFrom(entered, ranked).map((code) => `Entry ${code} is not in the ranking.`),
    ...missingFrom(ranked, entered).map((code) => `Entry ${code} is in the ranking and not among the entries.`),
  ];
  if (found.length) return found.join(" ");
  const length = Math.max(expected.length, ranking.length);
  const line = [...Array(length).keys()].find((at) => JSON.stringify(expected[at]) !== JSON.stringify(ranking[at]));
  return `The first difference is in line ${line + 1}: it has ${told(ranking[line])}, the seed gives ${told(expected[line])}.`;
};

export const verify = async (record) => {
  const faults = [];
  const commitment = await sha256(canonical(record));
  if (commitment !== record.commitment) faults.push(`The entries, places or rule are not those that were committed to at closing: they give ${short(commitment)}, the commitment is ${short(record.commitment)}.`);
  const seed = await sha256(`${record.commitment}\n${record.public_value.trim()}`);
  if (seed !== record.seed) faults.push(`The seed does not follow from the commitment and the public value: they give ${short(seed)}, the record has ${short(record.seed)}.`);
  const expected = await rank(record, seed);
  if (JSON.stringify(expected) !== JSON.stringify(record.ranking)) faults.push(`The ranking is not the one that the seed gives. ${where(expected, record.ranking)}`);
  return faults;
};

const target = document.getElementById("verify-draw");
if (target) {
  target.textContent = "Working the draw out again…";
  try {
    const response = await fetch(target.dataset.record);
    const record = await response.json();
    const faults = await verify(record);
    target.dataset.result = faults.length ? "fails" : "holds";
    target.textContent = faults.length
      ? `This draw does not hold. ${faults.join(" ")}`
      : `Checked in your browser just now: ${record.entries.length} ${record.entries.length === 1 ? "entry" : "entries"}, and the ranking is the one that the seed gives. You can also look up the public value at its source, and compare the commitment with the one in the e-mail that everyone who enters gets at closing.`;
  } catch (fault) {
    target.textContent = `The draw could not be checked here: ${fault.message}. Reload the page, or check the record with the command.`;
  }
}

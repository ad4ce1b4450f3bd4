// Sends files in pieces that survive a lost connection, a closed browser and a restarted archive (tus 1.0.0): what
// the archive has acknowledged is never sent twice, whoever picks the same folder again sends the rest. It also
// shows how the archive checks. Without this script the same forms are sent by the browser alone.
(() => {
  "use strict";
  const live = document.getElementById("live");
  if (!live || !window.EventSource) return;
  const say = live.dataset, lang = document.documentElement.lang;
  // Kazakh writes numbers and dates as Russian does, and many browsers do not know it.
  const locale = lang === "en" ? "en-GB" : "ru";
  const units = lang === "en" ? ["B", "KB", "MB", "GB", "TB"] : ["Б", "КБ", "МБ", "ГБ", "ТБ"];
  const size = (n) => {
    let u = 0;
    while (n >= 1000 && u < units.length - 1) { n /= 1000; u++; }
    return new Intl.NumberFormat(locale, { maximumFractionDigits: u ? 1 : 0 }).format(n) + "\u00a0" + units[u];
  };
  const fill = (text, values) => text.replace(/\{([a-z]+)\}/g, (all, key) => values[key] ?? all);

  const line = (name, text) => {
    let p = live.querySelector("." + name);
    if (text === null) { p?.remove(); return null; }
    if (!p) {
      p = document.createElement("p");
      p.className = name;
      live.append(p);
    }
    live.hidden = false;
    if (text !== undefined && p.textContent !== text) p.textContent = text;
    return p;
  };
  const button = (text, press) => {
    const b = document.createElement("button");
    b.type = "button";
    b.className = "quiet";
    b.textContent = text;
    b.addEventListener("click", press);
    return b;
  };

  // What the archive says, to everybody who looks at this transfer.
  let sending = false, first = null;
  // Files that another tab, or a program, sends now; on the page of sending only once something moves, for what
  // lies there unfinished is said below.
  const arriving = ({ uploading, coming }) => {
    const key = coming.whole + " " + coming.there;
    first ??= document.getElementById("tus") ? key : "";
    line("coming", sending || uploading || !coming.files || key === first ? null
      : fill(say.tComing, { n: coming.whole, all: coming.files, sent: size(coming.there), size: size(coming.bytes) }));
  };
  const heard = (e) => {
    const now = JSON.parse(e.data);
    arriving(now);
    if (now.uploading) {
      line("checked", fill(say.tChecked, { files: now.files, size: size(now.bytes) }));
    } else if (!sending && (now.state !== say.state || now.package !== say.package || now.at !== say.at)) {
      const a = document.createElement("a");
      a.href = location.pathname;
      a.textContent = say.tChanged;
      line("changed").replaceChildren(a);
    }
  };
  let events = null;
  const listen = (to) => {
    events = new EventSource(to);
    events.addEventListener("state", heard);
    events.addEventListener("end", (e) => { heard(e); events.close(); });
  };
  if (say.events) listen(say.events);
  addEventListener("pagehide", () => events?.close());

  const box = document.getElementById("tus");
  if (!box) return; // a page that only watches
  const texts = box.dataset, address = texts.tus;
  const piece = 8 << 20, atOnce = 2, shown = 20;

  // One request; status 0 where the archive was not reached.
  const running = new Set();
  const ask = (method, url, headers = {}, body = null, progress = null) => new Promise((resolve) => {
    const x = new XMLHttpRequest();
    running.add(x);
    x.open(method, url);
    for (const [k, v] of Object.entries(headers)) x.setRequestHeader(k, v);
    if (progress) x.upload.onprogress = (p) => progress(p.loaded);
    x.onloadend = () => {
      running.delete(x);
      const html = (x.getResponseHeader("Content-Type") || "").startsWith("text/html");
      const text = html ? new DOMParser().parseFromString(x.responseText, "text/html").querySelector(".fault")?.textContent ?? "" : x.responseText;
      // Who is signed out is led to a page: that is no answer of the protocol.
      resolve({ status: html && x.status < 300 ? 401 : x.status, text: text.trim(), header: (name) => x.getResponseHeader(name) });
    };
    x.send(body);
  });
  const tus = (method, url, headers, body, progress) => ask(method, url, { "Tus-Resumable": "1.0.0", ...headers }, body, progress);
  const base64 = (bytes) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
  const word = (s) => base64(new TextEncoder().encode(s));
  const checksum = async (blob) => {
    if (!window.crypto?.subtle) return {}; // only over HTTPS and on this machine
    const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
    return { "Upload-Checksum": "sha256 " + base64(new Uint8Array(digest)) };
  };

  // Waiting: a while, or until the connection is back, or the person goes on.
  const wakers = new Set();
  const wake = () => { wakers.forEach((w) => w()); };
  const rest = (ms) => new Promise((resolve) => {
    const end = () => { clearTimeout(timer); wakers.delete(end); resolve(); };
    const timer = setTimeout(end, ms);
    wakers.add(end);
  });
  addEventListener("online", wake);

  // The queue: by name, what is there and what is to come.
  const items = new Map();
  let paused = false, cancelled = false, form = "", begun = "";
  const sum = (of) => [...items.values()].reduce((n, i) => n + of(i), 0);
  const whole = (i) => i.done;

  const list = async () => {
    for (let after = "", more = true; more;) {
      const res = await ask("GET", address + "?after=" + encodeURIComponent(after));
      if (res.status !== 200) return res;
      const page = JSON.parse(res.text);
      for (const u of page.uploads) {
        items.set(u.name, { name: u.name, size: u.size, offset: u.offset, sent: 0, url: u.url, modified: u.modified, done: u.offset === u.size, file: null, problem: "" });
        after = u.path;
      }
      if (!page.more) return { status: 200, page };
    }
  };

  const junk = (name) => {
    const own = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
    return own === ".DS_Store" || /^(thumbs\.db|desktop\.ini)$/i.test(own) || own.startsWith("._") || /(^|\/)__MACOSX\//.test(name);
  };

  // What was chosen in a form.
  const chosen = (of) => {
    const files = [...of.querySelectorAll("input[type=file]")].flatMap((i) => [...i.files].map((file) => ({ field: i.name, file, name: file.webkitRelativePath || file.name })))
      .filter((f) => f.field === "package" || !junk(f.name));
    const bag = files.some((f) => f.field === "folder" && /^[^/]*\/bagit\.txt$/.test(f.name));
    const eark = !bag && files.some((f) => f.field === "folder" && /^(?!\d+\/)[^/]*\/(METS\.xml$|representations\/[^/]+\/(METS\.xml$|data\/|metadata\/))/.test(f.name));
    for (const f of files) {
      f.form = f.field === "package" ? "zip" : f.field !== "folder" ? "bare" : bag ? "bag" : eark ? "eark" : "bare";
      if (f.field.startsWith("row-")) {
        f.row = f.field.slice(4);
        f.name = f.row + "/" + f.name;
      }
    }
    return files.sort((a, b) => (a.name < b.name ? -1 : 1));
  };

  // Drawing, at most ten times a second.
  let drawing = 0;
  const draw = () => { drawing ||= setTimeout(() => { drawing = 0; drawNow(); }, 100); };
  const drawNow = () => {
    const all = sum((i) => i.size), there = sum((i) => i.offset + i.sent);
    let bar = live.querySelector("progress");
    if (!bar) {
      bar = document.createElement("progress");
      bar.max = 1;
      live.prepend(bar);
    }
    live.hidden = false;
    bar.value = all ? there / all : 1;
    line("sent", fill(say.tSent, { sent: size(there), all: size(all) }) + " · " + fill(texts.tFiles, { n: [...items.values()].filter(whole).length, all: items.size }));
    const rows = [...items.values()].filter((i) => i.problem || i.busy || (!i.done && !i.file)).slice(0, shown);
    box.querySelector("ol")?.remove();
    if (!rows.length) return;
    const ol = document.createElement("ol");
    ol.className = "records";
    let said = null; // what was refused for one reason stands under it once
    for (const i of rows) {
      if (said && !i.url && i.problem === said.problem) {
        said.names.textContent += ", " + i.name;
        continue;
      }
      const li = document.createElement("li"), name = document.createElement("code"), state = document.createElement("span");
      name.textContent = i.name;
      state.textContent = (i.problem ? ": " : " ") + (i.problem || (i.file ? fill(say.tSent, { sent: size(i.offset + i.sent), all: size(i.size) }) : texts.tNotchosen)) + " ";
      li.append(name, state);
      said = i.problem && !i.url ? { problem: i.problem, names: name } : null;
      if (i.url) li.append(button(texts.tCancel, () => drop(i)));
      ol.append(li);
    }
    box.append(ol);
  };

  const drop = async (i) => {
    i.dropped = true;
    const res = i.url ? await tus("DELETE", i.url) : { status: 204 };
    if (res.status < 300 || res.status === 404) items.delete(i.name);
    draw();
  };

  const controls = () => {
    const p = line("controls");
    p.replaceChildren(button(texts.tForget, forget));
    if (sending) p.prepend(
      button(paused ? texts.tResume : texts.tPause, () => {
        paused = !paused;
        if (paused) running.forEach((x) => x.abort());
        wake();
        controls();
      }),
      " ");
  };
  const forget = async () => {
    cancelled = true;
    running.forEach((x) => x.abort());
    wake();
    const res = await tus("DELETE", address);
    if (res.status < 300) location.reload();
    else failed(res.text);
  };

  const failed = (text) => {
    sending = false;
    if (live.querySelector(".controls")) controls(); // nothing is under way that could be paused
    line("wait", null);
    const p = line("broken", text || say.tBroken);
    p.setAttribute("role", "alert");
    document.querySelectorAll("form.upload button").forEach((b) => { b.disabled = false; });
  };

  // again waits where a try failed for a reason that passes, and tells the person; false where it does not pass.
  const again = async (res, tries) => {
    if (cancelled) return false;
    if (paused) {
      line("wait", texts.tPaused);
      while (paused && !cancelled) await rest(3600e3);
      line("wait", null);
      return !cancelled;
    }
    if (res.status === 401 || res.status === 403) {
      line("wait", res.status === 401 ? texts.tSignin : res.text || texts.tSignin);
      await rest(10e3);
      return !cancelled;
    }
    if (res.status !== 0 && res.status !== 409 && res.status !== 460 && res.status < 500) return false;
    const seconds = Math.max(Number(res.status ? res.header("Retry-After") : 0) || 0, Math.min(30, 2 ** Math.min(tries, 5)) / 2);
    if (res.status === 0 || res.status >= 500) line("wait", (res.status === 507 || res.status === 503 ? res.text + " " : texts.tLost + " ") + fill(texts.tAgain, { n: Math.ceil(seconds) }));
    await rest(seconds * 1000 * (0.75 + Math.random() / 2));
    return !cancelled;
  };

  const create = async (i) => {
    const pairs = { filename: i.name, form: i.form, lastModified: String(i.file.lastModified) };
    if (i.row) pairs.row = i.row;
    const res = await tus("POST", address, { "Upload-Length": String(i.size), "Upload-Metadata": Object.entries(pairs).map(([k, v]) => k + " " + word(v)).join(",") });
    if (res.status === 201) {
      i.url = res.header("Location");
      // Whoever renamed the folder in between has the same file under two names.
      for (const other of [...items.values()]) if (other !== i && other.url === i.url) items.delete(other.name);
      i.offset = Number(res.header("Upload-Offset"));
    }
    return res;
  };
  const patch = async (i) => {
    const blob = i.file.slice(i.offset, Math.min(i.offset + piece, i.size));
    let headers;
    try {
      headers = await checksum(blob);
    } catch {
      return { status: 400, text: texts.tChangedfile };
    }
    const res = await tus("PATCH", i.url, { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(i.offset), ...headers }, blob, (n) => { i.sent = n; draw(); });
    i.sent = 0;
    if (res.status === 204) i.offset = Number(res.header("Upload-Offset"));
    return res;
  };
  const look = async (i) => {
    const res = await tus("HEAD", i.url);
    if (res.status === 200) i.offset = Number(res.header("Upload-Offset"));
    if (res.status === 404) { i.url = ""; i.offset = 0; }
    return res;
  };

  const send = async (i) => {
    i.busy = true;
    let unsure = Boolean(i.url); // where it stands has to be asked
    for (let tries = 0; !i.dropped && !cancelled && !(i.url && !unsure && i.offset === i.size);) {
      const step = !i.url ? "create" : unsure ? "look" : "patch";
      const res = paused ? { status: 0, text: "" } : await { create, look, patch }[step](i);
      draw();
      if (res.status >= 200 && res.status < 300) {
        tries = 0;
        unsure = false;
        line("wait", null);
        continue;
      }
      if (step !== "create" && res.status === 404) { i.url = ""; i.offset = 0; unsure = false; if (++tries < 5) continue; }
      unsure = Boolean(i.url);
      if ((step === "create" && res.status === 409) || i.dropped || (res.status === 460 && tries > 5) || !(await again(res, ++tries))) {
        i.problem = res.text || say.tBroken;
        break;
      }
    }
    i.done = i.offset === i.size && Boolean(i.url);
    i.busy = false;
    draw();
  };

  const finish = async () => {
    line("sent", say.tEnding);
    for (let tries = 0; ; tries++) {
      // Once asked for, it is the same package: where the answer was lost and it was refused, another one, of its good
      // files, is under way now, and must not be finished in its place.
      const res = begun ? { status: 200, page: { package: begun } } : await list();
      begun = res.status === 200 ? res.page.package : "";
      const end = begun ? await ask("POST", address + "/finish?package=" + encodeURIComponent(begun)) : res;
      if (end.status === 200) {
        const to = JSON.parse(end.text).to;
        location.assign(to);
        return;
      }
      if (!(await again(end, tries))) return failed(end.text);
    }
  };

  const upload = async (files) => {
    items.clear();
    begun = "";
    for (let tries = 0; ; tries++) {
      const res = await list();
      if (res.status === 200) { form = res.page.form; break; }
      if (!(await again(res, tries))) return failed(res.text);
    }
    if (form && files.some((f) => f.form !== form)) return failed(texts.tMixed);
    for (const f of files) {
      const had = items.get(f.name), same = had && had.size === f.file.size && had.modified === f.file.lastModified;
      if (had && !same) await tus("DELETE", had.url);
      items.set(f.name, same ? { ...had, ...f, problem: "" } : { ...f, size: f.file.size, offset: 0, sent: 0, url: "", done: false, problem: "" });
    }
    controls();
    draw();
    const queue = [...items.values()].filter((i) => i.file && !i.done);
    await Promise.all(Array.from({ length: atOnce }, async () => {
      for (let i = queue.shift(); i && !cancelled; i = queue.shift()) await send(i);
    }));
    if (cancelled) return;
    const left = [...items.values()].filter((i) => !i.done).length;
    draw();
    if (left) return failed(fill(texts.tLeft, { n: left }));
    await finish();
  };

  document.querySelectorAll("form.upload").forEach((of) => of.addEventListener("submit", (e) => {
    const files = chosen(of);
    if (!files.length) return; // the server says what is missing
    e.preventDefault();
    if (sending) return;
    sending = true;
    cancelled = paused = false;
    document.querySelectorAll("form.upload button").forEach((b) => { b.disabled = true; });
    line("broken", null);
    line("begun", null);
    if (!events && say.later) listen(say.later);
    live.scrollIntoView({ block: "nearest" });
    upload(files);
  }));

  // What an earlier visit began.
  list().then((res) => {
    if (sending || res.status !== 200 || !res.page.package) return;
    const p = line("begun", fill(res.page.refused ? texts.tKept : texts.tBegun, { n: res.page.whole, all: res.page.files, size: size(res.page.there), date: new Date(res.page.expires).toLocaleDateString(locale, lang === "en" ? { dateStyle: "long" } : {}) }) + " ");
    p.append(button(texts.tForget, forget));
  });
})();

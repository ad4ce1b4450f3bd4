// Sends the files of a form with progress, and shows how the archive checks them; without this script
// the same form is sent by the browser alone.
(() => {
  "use strict";
  const live = document.getElementById("live");
  if (!live || !window.EventSource || !window.FormData) return;
  const say = live.dataset, lang = document.documentElement.lang;
  const units = lang === "en" ? ["B", "KB", "MB", "GB", "TB"] : ["Б", "КБ", "МБ", "ГБ", "ТБ"];
  const size = (n) => {
    let u = 0;
    while (n >= 1000 && u < units.length - 1) { n /= 1000; u++; }
    return new Intl.NumberFormat(lang, { maximumFractionDigits: u ? 1 : 0 }).format(n) + " " + units[u];
  };
  const fill = (text, values) => text.replace(/\{([a-z]+)\}/g, (all, key) => values[key] ?? all);

  const line = (name) => {
    let p = live.querySelector("." + name);
    if (!p) {
      p = document.createElement("p");
      p.className = name;
      live.append(p);
    }
    live.hidden = false;
    return p;
  };
  const bar = (value) => {
    let b = live.querySelector("progress");
    if (!b) {
      b = document.createElement("progress");
      b.max = 1;
      live.prepend(b);
    }
    live.hidden = false;
    b.value = value;
  };

  // What the archive says, to everybody who looks at this transfer.
  let sending = false;
  const events = new EventSource(say.events);
  const heard = (e) => {
    const now = JSON.parse(e.data);
    if (now.uploading) {
      line("checked").textContent = fill(say.tChecked, { files: now.files, size: size(now.bytes) });
    } else if (!sending && (now.state !== say.state || now.package !== say.package || now.at !== say.at)) {
      const a = document.createElement("a");
      a.href = location.pathname;
      a.textContent = say.tChanged;
      line("changed").replaceChildren(a);
    }
  };
  events.addEventListener("state", heard);
  events.addEventListener("end", (e) => { heard(e); events.close(); });
  addEventListener("pagehide", () => events.close());

  // Our own upload.
  const failed = (text) => {
    sending = false;
    const p = line("broken");
    p.textContent = text || say.tBroken;
    p.setAttribute("role", "alert");
    document.querySelectorAll("form.upload button").forEach((b) => { b.disabled = false; });
  };
  document.querySelectorAll("form.upload").forEach((form) => form.addEventListener("submit", (e) => {
    const files = [...form.querySelectorAll("input[type=file]")].flatMap((i) => [...i.files].map((file) => [i.name, file]));
    if (!files.length) return; // the server says what is missing
    e.preventDefault();
    if (sending) return;
    sending = true;
    document.querySelectorAll("form.upload button").forEach((b) => { b.disabled = true; });
    live.querySelector(".broken")?.remove();
    // A folder's files in the order of their paths: a bag's declaration comes before its data.
    files.sort((a, b) => a[0] === "folder" && b[0] === "folder" ? (a[1].webkitRelativePath < b[1].webkitRelativePath ? -1 : 1) : 0);
    const data = new FormData();
    data.append("command", form.elements.command.value);
    files.forEach(([name, file]) => data.append(name, file, file.webkitRelativePath || file.name));
    const x = new XMLHttpRequest();
    x.upload.onprogress = (p) => {
      bar(p.total ? p.loaded / p.total : 0);
      line("sent").textContent = fill(say.tSent, { sent: size(p.loaded), all: size(p.total) });
    };
    x.upload.onload = () => { line("sent").textContent = say.tEnding; };
    x.onerror = x.onabort = () => failed();
    x.onload = () => {
      if (x.status < 300 && x.responseURL) {
        location.assign(x.responseURL);
        return;
      }
      const page = new DOMParser().parseFromString(x.responseText, "text/html");
      failed(page.querySelector(".fault")?.textContent);
    };
    x.open("POST", form.action);
    x.send(data);
    live.scrollIntoView({ block: "nearest" });
  }));
})();

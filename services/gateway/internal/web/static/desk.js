// Makes the desk faster; nothing needs it. Keys act only with Ctrl or inside a list that has the focus.
"use strict";
(() => {
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const form = document.querySelector("form.split");

  // What is wrong is read first.
  const problems = document.getElementById("problems");
  if (problems) problems.focus();

  // Enter presses the button of the group that it was typed in; without this it only draws the page
  // again (the frame's first button). While a form is being submitted it takes no other submission
  // (HTML, "submit a form", step 5), so that one waits for its turn.
  form?.addEventListener("submit", (e) => {
    const button = e.submitter?.matches(".unseen") && document.activeElement.closest("[data-enter]")?.querySelector("button[name=do]");
    if (button) { e.preventDefault(); e.stopImmediatePropagation(); setTimeout(() => form.requestSubmit(button)); }
  });

  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey) {
      const there = document.querySelector(`[data-key="${CSS.escape(e.key.toLowerCase())}"]`);
      if (there) { e.preventDefault(); there.matches("input") ? there.focus() : there.click(); }
    }
    // Rows of a list: up and down while one of them has the focus.
    if ((e.key === "ArrowDown" || e.key === "ArrowUp") && e.target.matches("a[data-row]")) {
      const rows = all("a[data-row]");
      const next = rows[rows.indexOf(e.target) + (e.key === "ArrowDown" ? 1 : -1)];
      if (next) { e.preventDefault(); next.focus(); }
    }
  });

  // Parts of a form that only matter for one choice.
  const fit = () => all("[data-when]").forEach((part) => {
    const [name, value] = part.dataset.when.split("=");
    const fields = all(`[name="${name}"]`);
    const now = fields.find((f) => f.type !== "radio" || f.checked);
    part.hidden = !!now && now.value !== value;
  });
  document.addEventListener("change", fit);
  fit();

  // What is typed and not saved is not left by accident.
  if (form) {
    let dirty = form.dataset.dirty === "yes";
    form.addEventListener("input", () => { dirty = true; });
    form.addEventListener("submit", () => { dirty = false; });
    window.addEventListener("beforeunload", (e) => { if (dirty) e.preventDefault(); });
  }

  all("[data-print]").forEach((b) => { b.hidden = false; b.addEventListener("click", () => window.print()); });

  // A scrub tells how far it is; without this the page is loaded again every few seconds.
  const progress = document.querySelector("[data-stream]");
  if (progress && window.EventSource) {
    const stream = new EventSource(progress.dataset.stream);
    stream.addEventListener("progress", (e) => {
      const now = JSON.parse(e.data);
      for (const [key, value] of Object.entries(now)) {
        all(`[data-value="${CSS.escape(key)}"]`, progress).forEach((there) => {
          if (there.tagName === "PROGRESS") there.value = value; else there.textContent = value;
        });
      }
    });
    stream.addEventListener("finished", () => { stream.close(); location.reload(); });
  }
})();

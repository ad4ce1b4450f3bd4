// Suggests fonds while the organisation is typed. Without this script they are listed on the next screen.
(() => {
  const field = document.getElementById('org');
  if (!field) return;
  const list = document.createElement('datalist');
  list.id = 'org-list';
  field.after(list);
  field.setAttribute('list', list.id);
  let wait, asked = '';
  field.addEventListener('input', () => {
    clearTimeout(wait);
    wait = setTimeout(async () => {
      const q = field.value.trim();
      if (q.length < 3 || q === asked) return;
      asked = q;
      try {
        const answer = await fetch('/request/fonds?q=' + encodeURIComponent(q));
        if (!answer.ok || q !== asked) return;
        list.replaceChildren(...(await answer.json()).map((name) => Object.assign(document.createElement('option'), { value: name })));
      } catch { /* nothing is suggested; the next screen lists them */ }
    }, 250);
  });
})();

// What makes the pages nicer where there is script; without it every page works all the same.
'use strict';

// Light or dark as the reader chose; else as the system says.
const root = document.documentElement;
const store = (() => { try { return window.localStorage; } catch { return null; } })();
const kept = store?.getItem('theme');
if (kept === 'dark' || kept === 'light') root.dataset.kernTheme = kept;

const dark = () => (root.dataset.kernTheme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';

function themeSwitch() {
  const place = document.querySelector('[data-theme]');
  if (!place) return;
  const button = document.createElement('button');
  button.type = 'button';
  const say = () => { button.textContent = dark() ? place.dataset.light : place.dataset.dark; };
  button.addEventListener('click', () => {
    root.dataset.kernTheme = dark() ? 'light' : 'dark';
    store?.setItem('theme', root.dataset.kernTheme);
    say();
  });
  say();
  place.append(button);
  place.hidden = false;
}

// Suggestions from the first letter: towns and services of the catalogue, as links below the field.
function suggest(form) {
  const field = form.querySelector('input[type=search]');
  const list = document.createElement('ul');
  list.className = 'suggestions';
  list.hidden = true;
  list.id = `${field.id}-suggestions`;
  field.after(list);
  const status = form.querySelector('[role=status]');
  let asked = 0;
  const ask = async (what, typed) => {
    const answer = await fetch(`/api/catalog/v1/${what}?limit=5&q=${encodeURIComponent(typed)}`, { headers: { accept: 'application/json' } });
    return answer.ok ? (await answer.json()).items : [];
  };
  const entry = (text, more, href) => {
    const item = document.createElement('li');
    const link = document.createElement('a');
    link.href = href;
    link.textContent = text;
    const quiet = document.createElement('small');
    quiet.textContent = more;
    item.append(link, ' ', quiet);
    return item;
  };
  const bare = (key) => key.replace(/^(ars|leika):/, '');
  const kept = new URLSearchParams([...new FormData(form)].filter(([name]) => name !== 'q')).toString();
  const end = kept ? `?${kept}` : '';
  const base = form.getAttribute('action').replace(/\/suche$/, '');
  field.addEventListener('input', async () => {
    const typed = field.value.trim();
    const turn = ++asked;
    if (!typed) { list.hidden = true; status.textContent = ''; return; }
    let towns = [], services = [];
    try { [towns, services] = await Promise.all([ask('municipalities', typed), ask('services', typed)]); } catch { return; }
    if (turn !== asked) return;
    list.replaceChildren(
      ...towns.map((one) => entry(one.name, one.region_name, `${base}/kommunen/${bare(one.id)}${end}`)),
      ...services.map((one) => entry(one.title, form.dataset.service, `${base}/leistungen/${bare(one.key)}${end}`)),
    );
    list.hidden = list.children.length === 0;
    status.textContent = `${list.children.length} ${form.dataset.found}`;
  });
  form.addEventListener('keydown', (event) => {
    const links = [...list.querySelectorAll('a')];
    const at = links.indexOf(document.activeElement);
    if (event.key === 'Escape') { list.hidden = true; field.focus(); }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    if (list.hidden) return;
    event.preventDefault();
    const next = at + (event.key === 'ArrowDown' ? 1 : -1);
    (next < 0 ? field : links[Math.min(next, links.length - 1)]).focus();
  });
  document.addEventListener('focusin', (event) => { if (!form.contains(event.target)) list.hidden = true; });
}

// What is recorded while somebody looks: the catalog's own stream goes on where the page ended.
function live(list) {
  const words = JSON.parse(list.dataset.words);
  const stream = new EventSource(list.dataset.live);
  stream.addEventListener('message', ({ data }) => {
    const event = JSON.parse(data);
    if (event.type !== list.dataset.type || event.data.correction) return;
    const { municipality, service, state } = event.data;
    const item = document.createElement('li');
    const time = document.createElement('time');
    time.dateTime = event.time;
    time.textContent = new Date(event.time).toLocaleTimeString('de-DE', { hour: '2-digit', minute: '2-digit' });
    const link = document.createElement('a');
    link.href = list.dataset.towns.replace('KEY', encodeURIComponent(municipality.id.replace(/^ars:/, '')));
    link.textContent = municipality.name;
    const text = document.createElement('span');
    const level = state.maturity ? `, ${list.dataset.maturity} ${state.maturity.level}` : '';
    text.append(link, `: ${service.title}, ${words[state.phase] ?? state.phase}${level}`);
    item.append(time, text);
    list.prepend(item);
    while (list.children.length > Number(list.dataset.most)) list.lastElementChild.remove();
  });
  window.addEventListener('pagehide', () => stream.close());
}

themeSwitch();
document.querySelectorAll('[data-live]').forEach(live);
document.querySelectorAll('form[data-suggest]').forEach(suggest);

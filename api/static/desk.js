// The clerk desk with a script: one check after the other without the mouse. Without it every form works by itself.
// What was checked is listed in the memory of this page and nowhere else.
"use strict";
(() => {
  const COMPOSED_MS = 250; // after an input method has put in what a scanner typed, its Enter may follow
  const ANSWER_MS = 120000; // then it is told that there is none, and what waits behind it has its turn
  const TWICE_MS = 2000; // whoever sends a form again so soon has clicked twice
  const MAX_FILES = 8; // of which the server takes two at most, and says so
  const byId = (id) => document.getElementById(id);
  const [typed, code, file, announce, waiting, session, done, keys, state] =
    ["typed", "code", "file", "announce", "waiting", "session", "done", "keys", "state"].map(byId);
  const carried = new Map(); // entries of a clerk that stay the same from case to case
  const CARRIED = ["officer", "item_name", "item_code"];
  let turn = Promise.resolve();
  let newest = 0;
  let listed = "";
  const sent = new WeakSet();

  // The answer stands below the form there, and not beside it.
  const isNarrow = () => matchMedia("(max-width: 60rem)").matches;
  // What a Chinese input method makes of the keys of a scanner; the server does the same again.
  const flat = (text) => text.normalize("NFKC").replaceAll("、", "/").replaceAll("。", ".");
  const isAddress = (text) => /\/v\//i.test(flat(text));
  const isWhole = (text) => /\/v\/[a-z2-7]{100,}$/i.test(flat(text).trim());
  const isField = (element) =>
    element instanceof HTMLElement && (element.isContentEditable || element.matches("input, textarea, select"));
  const takesText = (element) => isField(element) && typeof element.selectionStart === "number";
  // Where in the text as it was typed: folding it first may change its length.
  function startOfAddress(text) {
    for (let i = 0; i < text.length; i += 1) if (/^https?:/i.test(flat(text.slice(i, i + 6)))) return i;
    return -1;
  }

  function listLine(line, verdict, said, about) {
    const time = document.createElement("time");
    time.textContent = new Date().toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
    const word = document.createElement("b");
    word.textContent = said;
    const what = document.createElement("span");
    what.textContent = about;
    line.append(time, word, what);
    const item = document.createElement("li");
    item.className = verdict;
    item.append(line);
    done.prepend(item);
    session.hidden = false;
  }

  function list({ dataset }) {
    if (!dataset.check || dataset.check === listed) return;
    listed = dataset.check;
    const link = document.createElement("a");
    link.href = `/desk/checks/${dataset.check}`;
    listLine(link, dataset.verdict, dataset.word, `${dataset.type} ${dataset.number}`.trim());
  }

  function fill(result) {
    for (const [name, value] of carried) {
      for (const input of result.querySelectorAll(`input[name="${name}"]`)) input.value = value;
    }
  }

  // The slip is for the same case as the receipt, unless something else was typed there.
  function share(input) {
    if (!input.form) return;
    if (input.form.id === "refusal") input.dataset.own = "";
    if (input.form.id !== "receipt") return;
    const slip = byId("refusal");
    const same = slip && slip.elements.namedItem(input.name);
    if (same && !("own" in same.dataset)) same.value = input.value;
  }

  // The other language shows the same check.
  function point(result) {
    const other = document.querySelector(".top a[hreflang]");
    if (!other) return;
    const place = result.dataset.check ? `/desk/checks/${result.dataset.check}` : "/desk";
    other.href = `${place}${new URL(other.href).search}`;
  }

  // The verdict on the last thing must not be taken for that on this one. Where the next thing has been handed in
  // already, its verdict follows at once, and the list says that there was something before it.
  function complain(text, isLast, ...ways) {
    byId("result").replaceChildren(...ways);
    announce.textContent = text;
    announce.classList.remove("unseen");
    if (isNarrow()) announce.scrollIntoView();
    if (!isLast) listLine(document.createElement("p"), "indeterminate", announce.dataset.missed, text);
  }

  function show(html, isNew, isLast) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const result = page.getElementById("result");
    if (!result) { // a problem that has a page of its own, and maybe the way to the log-in
      const said = page.querySelector("main h1");
      const words = said && Array.from(said.childNodes, (one) => one.textContent.trim()).join(" ");
      complain(words || announce.dataset.lost, isLast, ...page.querySelectorAll('a[href^="/login"]'));
      return;
    }
    announce.classList.add("unseen");
    announce.textContent = "";
    byId("result").replaceWith(result);
    document.title = page.title;
    fill(result);
    point(result);
    if (isNew) list(result);
    if (byId("finder").hidden) state.textContent = "";
    announce.textContent = result.dataset.said || "";
    if (isNarrow() && result.dataset.check) result.scrollIntoView();
  }

  function ask(address, options, isNew = true) {
    const mine = ++newest;
    // Nothing is done any more about what was checked before: its receipt would be taken for that of this one.
    byId("result").inert = true;
    turn = turn.then(async () => {
      waiting.hidden = false;
      const patience = new AbortController();
      const overdue = setTimeout(() => patience.abort(), ANSWER_MS);
      try {
        const answer = await fetch(address, { ...options, signal: patience.signal });
        if (answer.type === "opaqueredirect") location.assign(address); // to the log-in, and then back
        else if (answer.status === 413) complain(announce.dataset.large, mine === newest);
        else show(await answer.text(), isNew, mine === newest);
      } catch {
        complain(announce.dataset.lost, mine === newest);
      }
      clearTimeout(overdue);
      waiting.hidden = true;
      byId("result").inert = mine !== newest;
      const active = document.activeElement;
      // Whoever has gone on to a field stays there.
      if (mine === newest && !(isField(active) && active !== code)) code.focus({ preventScroll: true });
    });
  }

  function check() {
    if (!code.value.trim() && !file.files.length) {
      code.focus();
      return;
    }
    ask("/desk", { method: "POST", body: new FormData(typed) });
    typed.reset();
    code.focus({ preventScroll: true });
  }

  function checkFiles(files) {
    const data = new FormData();
    for (const one of [...files].slice(0, MAX_FILES)) data.append("file", one, one.name || "pasted");
    ask("/desk", { method: "POST", body: data });
  }

  // A scanner may type into any field: by the place where an address begins, what the field held before it.
  const before = new Map();
  function remember({ target, isComposing }) {
    if (target === code || !takesText(target) || isComposing) return;
    const { value, selectionStart, selectionEnd } = target;
    before.set(selectionStart, { value, end: selectionEnd });
  }

  // Take a scanned address out of a field, which gets back what it held.
  function takeScanned(field) {
    const start = startOfAddress(field.value);
    if (start < 0) return "";
    const held = before.get(start) ?? { value: field.value.slice(0, start), end: start };
    const scanned = field.value.slice(start, field.value.length - (held.value.length - held.end));
    if (!isAddress(scanned)) return "";
    field.value = held.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return scanned;
  }

  function checkText(text) {
    code.value = text.replace(/[\r\n]+/g, "");
    check();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form === typed) {
      event.preventDefault();
      check();
    } else if (new URL(form.action).pathname.match(/^\/desk\/checks\/[^/]+$/)) {
      event.preventDefault();
      ask(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      form.reset();
      if (document.activeElement) document.activeElement.blur();
    } else if (sent.has(form)) {
      event.preventDefault();
    } else {
      sent.add(form);
      setTimeout(() => sent.delete(form), TWICE_MS);
    }
  });
  file.addEventListener("change", () => { if (file.files.length) check(); });
  document.addEventListener("input", ({ target }) => {
    if (CARRIED.includes(target.name)) carried.set(target.name, target.value);
    share(target);
  });
  document.addEventListener("change", ({ target }) => {
    if (target.id === "reason") byId("remark").required = "remark" in target.selectedOptions[0].dataset;
  });
  document.addEventListener("focusin", () => before.clear());
  document.addEventListener("beforeinput", remember);
  document.addEventListener("compositionstart", remember);
  done.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    ask(link.href, { redirect: "manual" }, false);
  });

  // A scanner is a keyboard: its keys belong into the field for codes, wherever the focus is.
  const shortcuts = {
    F2: () => { code.focus(); code.select(); },
    F4: () => { const button = byId(byId("finder").hidden ? "start" : "stop"); if (!byId("camera").hidden) button.click(); },
    F8: () => { const form = byId("receipt"); if (form && !byId("result").inert) form.requestSubmit(); },
    F9: () => { const field = byId("holder"); if (field) field.focus(); },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (shortcuts[event.key]) {
      event.preventDefault();
      if (!event.repeat) shortcuts[event.key]();
      return;
    }
    const target = event.target;
    if (target === code) return;
    if (takesText(target)) {
      if (event.key !== "Enter" || event.isComposing) return;
      const scanned = takeScanned(target);
      if (!scanned) return;
      event.preventDefault();
      checkText(scanned);
    } else if (isField(target)) {
      // A date or a list has no use for the letter that addresses begin with.
      if (/^h$/i.test(flat(event.key)) || event.key === "Process") code.select();
    } else if ((event.key.length === 1 && event.key !== " ") || event.key === "Process") {
      code.focus();
    }
  });
  document.addEventListener("compositionend", ({ target }) => {
    setTimeout(() => {
      if (!takesText(target) || !target.isConnected) return;
      const scanned = target === code ? code.value : isWhole(target.value) && takeScanned(target);
      if (scanned && isWhole(scanned)) checkText(scanned);
    }, COMPOSED_MS);
  });

  document.addEventListener("paste", (event) => {
    const given = event.clipboardData;
    if (given.files.length) {
      event.preventDefault();
      checkFiles(given.files);
    } else if (!isField(event.target) && given.getData("text").trim()) {
      event.preventDefault();
      checkText(given.getData("text"));
    }
  });
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      document.body.classList.add("dropping");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    if (event.dataTransfer.files.length) checkFiles(event.dataTransfer.files);
    else if (event.dataTransfer.getData("text").trim()) checkText(event.dataTransfer.getData("text"));
  });

  keys.hidden = false;
  point(byId("result"));
  list(byId("result"));
})();

// Renews a show code in time, and says how long it still counts. Without this script there is the button.
"use strict";
(() => {
  // Nobody shows a licence for longer: a phone that was left lying must not go on for ever.
  const MOST = 10;
  const [renew, left, symbol, over] = ["renew", "left", "symbol", "over"].map((id) => document.getElementById(id));
  const shown = Date.now();
  const renewAt = shown + Number(renew.dataset.seconds) * 1000;
  const overAt = shown + Number(renew.dataset.lasts) * 1000;
  // Only a page that renewed itself counts on: whoever asks for a code begins anew.
  const count = Number(sessionStorage.getItem("renewed") || "0");
  sessionStorage.removeItem("renewed");
  let timer = 0;
  let isAsking = false;

  function tick() {
    clearTimeout(timer);
    const now = Date.now();
    const isOver = now >= overAt;
    symbol.classList.toggle("over", isOver);
    left.textContent = isOver ? "" : `(${Math.ceil((overAt - now) / 1000)})`;
    over.textContent = isOver ? over.dataset.said : "";
    if (now >= renewAt && count < MOST && !isAsking && document.visibilityState === "visible") {
      isAsking = true;
      sessionStorage.setItem("renewed", String(count + 1));
      renew.submit();
    }
    if (!isOver) {
      timer = setTimeout(tick, 500);
    }
  }
  // Timers rest while a phone is locked: whoever comes back must not hold out a code that is over.
  document.addEventListener("visibilitychange", tick);
  window.addEventListener("pageshow", () => { isAsking = false; tick(); });
  renew.addEventListener("submit", (event) => {
    if (isAsking) event.preventDefault();
    isAsking = true;
  });
  tick();
})();

// Renews a show code in time, and says how long it still counts. Without this script there is the button.
"use strict";
const renew = document.getElementById("renew");
const left = document.getElementById("left");
const until = Date.now() + Number(renew.dataset.seconds) * 1000;
// Nobody shows a licence for longer: a phone that was left lying must not go on for ever.
const MOST = 10;
const count = Number(sessionStorage.getItem("shown") || "0");
function tick() {
  const seconds = Math.ceil((until - Date.now()) / 1000);
  left.textContent = seconds > 0 ? `(${seconds})` : "";
  if (seconds > 0) {
    setTimeout(tick, 500);
  } else if (count < MOST && document.visibilityState === "visible") {
    sessionStorage.setItem("shown", String(count + 1));
    renew.submit();
  }
}
renew.addEventListener("submit", () => sessionStorage.setItem("shown", "0"));
tick();

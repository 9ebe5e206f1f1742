// The camera on the page that checks: looks for a code in the picture and opens its verdict. Without this script the
// page works too, by a photograph or the typed short code.
"use strict";
(() => {
  const LOOKING_MS = 60000;
  const PAUSE_MS = 150; // where the browser itself finds codes
  const SEND_MS = 600; // where the server does
  const SIDE = 1280;
  const byId = (id) => document.getElementById(id);
  const [camera, finder, view, start, stop, state, typed, code] =
    ["camera", "finder", "view", "start", "stop", "state", "typed", "code"].map(byId);
  let stream = null;
  let isAsking = false;

  const say = (word) => { state.textContent = word ? state.dataset[word] : ""; };
  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  function end(word) {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    view.srcObject = null;
    finder.hidden = true;
    start.hidden = false;
    say(word);
  }

  async function ownDetector() {
    if (!("BarcodeDetector" in window)) return null;
    const formats = await BarcodeDetector.getSupportedFormats();
    return formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
  }

  // What either finds in one picture: `address` of a code of ours, or `foreign` for a symbol of others.
  async function lookHere(detector) {
    const texts = (await detector.detect(view)).map((symbol) => symbol.rawValue);
    const address = texts.find((text) => /\/v\//i.test(text));
    if (!address) await wait(PAUSE_MS);
    return { address, foreign: texts.length > 0 };
  }

  async function lookThere() {
    const scale = Math.min(1, SIDE / Math.max(view.videoWidth, view.videoHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(view.videoWidth * scale);
    canvas.height = Math.round(view.videoHeight * scale);
    canvas.getContext("2d").drawImage(view, 0, 0, canvas.width, canvas.height);
    const picture = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    const form = new FormData();
    form.append("picture", picture, "frame.jpg");
    const [answer] = await Promise.all([
      fetch("/v/scan", { method: "POST", body: form, headers: { Accept: "application/json" } }),
      wait(SEND_MS),
    ]);
    if (answer.status === 503) return {}; // others are scanning, too
    if (!answer.ok) throw new Error("busy");
    return answer.json();
  }

  // Whoever stops has the last word: what an answer says that comes after that is not shown, and whoever starts again
  // does not wake the search that was stopped.
  async function scan() {
    if (isAsking || stream) return; // by keys it can be started twice, and the first camera would stay on
    isAsking = true;
    start.hidden = true;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } },
      });
    } catch {
      end("refused");
      return;
    } finally {
      isAsking = false;
    }
    if (document.hidden) { // somebody went on to another page while the browser asked
      end("stopped");
      return;
    }
    const mine = stream;
    const endMine = (word) => { if (stream === mine) end(word); };
    // A search ends in time also when an answer never comes, and at once when the camera is pulled out.
    setTimeout(endMine, LOOKING_MS, "none");
    for (const track of mine.getTracks()) track.addEventListener("ended", () => endMine("refused"));
    view.srcObject = mine;
    finder.hidden = false;
    say("looking");
    stop.focus();
    try {
      await view.play();
      const detector = await ownDetector();
      while (stream === mine) {
        const found = await (detector ? lookHere(detector) : lookThere());
        if (stream !== mine) return;
        if (found.address) {
          end("found");
          // It goes through the form, as if it had been typed: the address in a symbol is never opened as such.
          code.value = found.address;
          typed.requestSubmit();
          return;
        }
        if (found.foreign) say("foreign");
      }
    } catch {
      endMine("busy");
    }
  }

  // A USB scanner types into the field; on a phone the focus would open the keyboard over the page.
  if (document.activeElement === document.body && matchMedia("(hover: hover) and (pointer: fine)").matches) {
    code.focus({ preventScroll: true });
  }

  if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia) {
    camera.hidden = false;
    start.addEventListener("click", scan);
    stop.addEventListener("click", () => { end("stopped"); start.focus(); });
    // A phone that shows another page must not keep its camera on.
    window.addEventListener("pagehide", () => end(""));
    document.addEventListener("visibilitychange", () => { if (document.hidden && stream) end("stopped"); });
  }
})();

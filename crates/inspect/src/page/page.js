"use strict";
(() => {
  const map = document.getElementById("treemap");
  const told = document.getElementById("told");
  const tools = document.getElementById("tools");
  const word = document.getElementById("word");
  const whole = document.getElementById("whole");
  const shown = document.getElementById("shown");
  const all = map.getAttribute("viewBox");
  const pieces = [...map.querySelectorAll(".package")];
  const rows = [...document.querySelectorAll("#packages tbody tr")];
  const said = "Point at a piece to read what it is; click a package to look into it. By keys: Tab, arrows, Enter, Escape.";
  const title = (node) => node.closest("g")?.querySelector(":scope > title")?.textContent ?? said;
  const zoom = (box) => {
    map.setAttribute("viewBox", box);
    whole.hidden = box === all;
  };
  // One stop for the Tab key; the arrow keys go on from there, over what the search has found.
  const near = () => pieces.filter((piece) => !piece.classList.contains("away"));
  const stop = (at) => pieces.forEach((piece) => { piece.setAttribute("tabindex", piece === at ? "0" : "-1"); });
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const pressed = (event) => {
    const piece = event.currentTarget;
    const open = near();
    const step = steps[event.key];
    if (event.key === "Enter" || event.key === " ") {
      piece.dispatchEvent(new MouseEvent("click"));
    } else if (event.key === "Home" || event.key === "End") {
      open.at(event.key === "Home" ? 0 : -1)?.focus();
    } else if (step !== undefined) {
      open[open.indexOf(piece) + step]?.focus();
    } else {
      return;
    }
    event.preventDefault();
  };
  const apply = () => {
    const words = word.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (name) => words.every((one) => name.toLowerCase().includes(one));
    let count = 0;
    rows.forEach((row) => {
      row.hidden = !fits(row.dataset.name);
      count += row.hidden ? 0 : 1;
    });
    pieces.forEach((piece) => piece.classList.toggle("away", !fits(piece.dataset.name)));
    stop(near()[0] ?? pieces[0]);
    const more = document.getElementById("more");
    if (more && words.length > 0) { more.open = true; }
    shown.textContent = words.length === 0 ? `all ${count} packages` : `${count} of ${rows.length} packages`;
  };
  tools.hidden = false;
  told.hidden = false;
  told.textContent = said;
  map.addEventListener("pointerover", (event) => { told.textContent = title(event.target); });
  map.addEventListener("pointerleave", () => { told.textContent = said; });
  pieces.forEach((piece) => {
    piece.classList.add("zoomable");
    piece.setAttribute("role", "button");
    piece.setAttribute("aria-label", title(piece));
    piece.addEventListener("focus", () => {
      stop(piece);
      told.textContent = title(piece);
    });
    piece.addEventListener("keydown", pressed);
    piece.addEventListener("click", () => { zoom(whole.hidden ? piece.dataset.box : all); });
  });
  whole.addEventListener("click", () => zoom(all));
  addEventListener("keydown", (event) => { if (event.key === "Escape") { zoom(all); } });
  addEventListener("beforeprint", () => zoom(all));
  word.addEventListener("input", apply);
  if (location.hash.startsWith("#q=")) { word.value = decodeURIComponent(location.hash.slice(3)); }
  apply();
})();

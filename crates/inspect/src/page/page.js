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
  const said = "Point at a piece to read what it is; click a package to look into it.";
  const title = (node) => node.closest("g")?.querySelector(":scope > title")?.textContent ?? said;
  const zoom = (box) => {
    map.setAttribute("viewBox", box);
    whole.hidden = box === all;
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
    piece.addEventListener("click", () => { zoom(whole.hidden ? piece.dataset.box : all); });
  });
  whole.addEventListener("click", () => zoom(all));
  addEventListener("keydown", (event) => { if (event.key === "Escape") { zoom(all); } });
  addEventListener("beforeprint", () => zoom(all));
  word.addEventListener("input", apply);
  if (location.hash.startsWith("#q=")) { word.value = decodeURIComponent(location.hash.slice(3)); }
  apply();
})();

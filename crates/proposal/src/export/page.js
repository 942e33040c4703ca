"use strict";
(() => {
  const tools = document.getElementById("tools");
  const word = document.getElementById("word");
  const kind = document.getElementById("kind");
  const shown = document.getElementById("shown");
  const rows = [...document.querySelectorAll("#packages tbody tr")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const apply = () => {
    const words = word.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, at) => {
      const fits = words.every((one) => texts[at].includes(one))
        && (kind.value === "" || row.dataset.kinds.split(" ").includes(kind.value));
      row.hidden = !fits;
      count += fits ? 1 : 0;
    });
    shown.textContent = count === rows.length ? `all ${count} sources` : `${count} of ${rows.length} sources`;
  };
  tools.hidden = false;
  word.addEventListener("input", apply);
  kind.addEventListener("change", apply);
  addEventListener("beforeprint", () => document.querySelectorAll("#packages tr:not([hidden]) details").forEach((one) => { one.open = true; }));
  const sought = decodeURIComponent(location.hash.replace(/^#q=/, ""));
  if (location.hash.startsWith("#q=")) { word.value = sought; }
  apply();
})();

"use strict";
// Looks at the page it is put into as a reader would, and tells the frame around it.
addEventListener("load", () => {
  const map = document.getElementById("treemap");
  const told = document.getElementById("told");
  const whole = document.getElementById("whole");
  const pieces = [...map.querySelectorAll(".package")];
  const box = (rect) => ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
  const area = (rect) => box(rect)[2] * box(rect)[3];
  const within = (inner, outer) => {
    const [x, y, width, height] = box(inner);
    const [left, top, all, high] = box(outer);
    return x >= left - 0.02 && y >= top - 0.02 && x + width <= left + all + 0.02 && y + height <= top + high + 0.02;
  };
  const overlap = (one, other) => {
    const [a, b, c, d] = box(one);
    const [e, f, g, h] = box(other);
    return Math.min(a + c, e + g) - Math.max(a, e) > 0.05 && Math.min(b + d, f + h) - Math.max(b, f) > 0.05;
  };
  const key = (node, name) => node.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
  const view = () => map.getAttribute("viewBox");
  const light = (colour) => {
    const [red, green, blue] = colour.match(/[\d.]+/g).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const style = (node) => getComputedStyle(node);
  const frames = pieces.map((piece) => piece.querySelector(":scope > rect"));
  const leaves = [...map.querySelectorAll(".leaf")];
  const answer = {
    width: innerWidth,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    wider: document.documentElement.scrollWidth - innerWidth,
    resources: performance.getEntriesByType("resource").map((one) => one.name),
    failed: window.failed,
    scripts: document.scripts.length,
    contrast: contrast(style(document.body).color, style(document.body).backgroundColor),
    labels: Math.min(...leaves.map((leaf) => contrast(style(leaf).fill, style(map.querySelector("text")).fill))),
    view: view(),
    pieces: pieces.map((piece, at) => ({ name: piece.dataset.name, area: area(frames[at]) })),
    outside: pieces.filter((piece, at) => [...piece.querySelectorAll(".leaf")].some((leaf) => !within(leaf, frames[at]))).length,
    overlaps: frames.filter((frame, at) => frames.slice(at + 1).some((other) => overlap(frame, other))).length,
    untold: [...map.querySelectorAll("g")].filter((one) => !one.querySelector(":scope > title")?.textContent).length,
    cut: [...map.querySelectorAll("text")].filter((text) => {
      const [left, , width] = box(text.parentNode.querySelector(":scope > rect"));
      const place = text.getBBox();
      return place.x + place.width > left + width + 1;
    }).length,
    texts: map.querySelectorAll("text").length,
  };
  // Pointing and clicking.
  const first = pieces[0];
  const title = first.querySelector(":scope > title").textContent;
  frames[0].dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  answer.pointed = told.textContent === title;
  const height = map.getBoundingClientRect().height;
  first.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  answer.clicked = view() === first.dataset.box && !whole.hidden;
  answer.steady = Math.abs(map.getBoundingClientRect().height - height) < 1;
  whole.click();
  answer.back = view() === answer.view && whole.hidden;
  // The keyboard alone.
  answer.stops = pieces.filter((piece) => piece.tabIndex === 0).length;
  answer.named = pieces.every((piece) => piece.getAttribute("role") === "button" && piece.getAttribute("aria-label") === piece.querySelector(":scope > title").textContent);
  first.focus();
  answer.focused = document.activeElement === first && told.textContent === title;
  key(first, "ArrowRight");
  answer.moved = document.activeElement === pieces[1];
  key(document.activeElement, "Enter");
  answer.entered = view() === pieces[1].dataset.box;
  key(document.activeElement, "Escape");
  answer.left = view() === answer.view;
  // The search.
  const word = document.getElementById("word");
  word.value = pieces[2].dataset.name;
  word.dispatchEvent(new Event("input"));
  answer.found = !pieces[2].classList.contains("away") && first.classList.contains("away");
  answer.reached = pieces.find((piece) => piece.tabIndex === 0) === pieces[2];
  parent.postMessage(JSON.stringify(answer), "*");
});

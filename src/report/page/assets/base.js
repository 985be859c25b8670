// The namespace of the page, and how elements are made. Text is always text:
// nothing here or elsewhere reads HTML from data.
window.bankrun = {};
(function (bankrun) {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "on") {
        for (const [event, action] of Object.entries(value)) element.addEventListener(event, action);
      } else {
        element.setAttribute(name, value === true ? "" : String(value));
      }
    }
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) continue;
      element.append(child instanceof Node ? child : String(child));
    }
    return element;
  }

  /// An element with attributes, listeners (`on`) and children.
  bankrun.h = (tag, attributes, ...children) =>
    fill(document.createElement(tag), attributes, children);

  bankrun.svg = (tag, attributes, ...children) =>
    fill(document.createElementNS(SVG, tag), attributes, children);

  const boxes = (element) => [...element.querySelectorAll(".scroll")];

  /// Puts `children` where others were. Who has scrolled a table aside stays there.
  bankrun.refill = (element, ...children) => {
    const before = boxes(element).map((box) => [box.scrollLeft, box === document.activeElement]);
    element.replaceChildren();
    fill(element, null, children);
    boxes(element).forEach((box, index) => {
      const [left, focused] = before[index] || [0, false];
      if (left > 0) box.scrollLeft = left;
      if (focused) box.focus();
    });
    return element;
  };

  /// Sets the text only where it differs, so that nothing is laid out in vain.
  bankrun.say = (element, text) => {
    const words = text === null || text === undefined ? "" : String(text);
    if (element.textContent !== words) element.textContent = words;
  };

  /// Tells a screen reader, once.
  bankrun.announce = (text) => {
    const place = document.getElementById("announce");
    if (place) bankrun.say(place, text);
  };

  /// A table in a box of its own to scroll in. `columns`: [{ head, number }].
  bankrun.table = (caption, columns, rows, attributes) => {
    const { h } = bankrun;
    const kind = (index) => (columns[index] && columns[index].number ? "number" : null);
    const cell = (value, index) =>
      value instanceof Node && value.tagName === "TD"
        ? value
        : h(index === 0 ? "th" : "td", { class: kind(index), scope: index === 0 ? "row" : null }, value);
    const row = (cells) =>
      Array.isArray(cells)
        ? h("tr", null, cells.map(cell))
        : h("tr", cells.attributes, cells.cells.map(cell));
    // What may have to be scrolled can be reached with the keyboard.
    const wide = columns.length > 5 ? { tabindex: "0", role: "group", "aria-label": caption } : {};
    return h(
      "div",
      { class: "scroll", ...wide },
      h(
        "table",
        attributes || null,
        h("caption", null, caption),
        h("thead", null, h("tr", null, columns.map((column, index) =>
          h("th", { scope: "col", class: kind(index) }, column.head)))),
        h("tbody", null, rows.map(row)),
      ),
    );
  };
})(window.bankrun);

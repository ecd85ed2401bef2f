// The boundaries: asks the views route for what is new, and paints probabilities, points and the difference.

const POLL_MS = 150;
const CLASS_COLOURS = ["violet", "green", "yellow", "red", "gray"]; // vermilion and blue are the sides' own
const FACES = {
  torch: { name: "PyTorch", colour: "orange" },
  tensorflow: { name: "TensorFlow", colour: "blue" },
  difference: { name: "Difference", colour: "text" },
};
const PIXELS = 512;
const TINT = 0.55; // of a class's colour where it is certain
const maps = new WeakMap();

export default function ({ data, parentElement }) {
  if (!maps.has(parentElement)) maps.set(parentElement, createMap(parentElement.querySelector(".tandem-boundary")));
  const map = maps.get(parentElement);
  map.update(data);
  return () => {
    if (parentElement.isConnected) return; // only a call that a later one overtook
    map.destroy();
    maps.delete(parentElement);
  };
}

function createMap(root) {
  const faces = {};
  const text = document.createElement("p");
  text.setAttribute("role", "status");
  root.append(text);
  let options, told, timer;
  let known = "";
  let asking = false;

  function update(data) {
    const other = !options || options.run !== data.run || options.step !== data.step || options.live !== data.live;
    options = data;
    if (other) known = "";
    if (told) paint(); // the theme may be another one
    if (other) ask();
  }

  async function ask() {
    clearTimeout(timer);
    if (asking || !root.isConnected) return;
    asking = true;
    const asked = options;
    try {
      const address = new URL(asked.path, location.href);
      address.searchParams.set("run", asked.run);
      address.searchParams.set("known", known);
      if (asked.step !== null) address.searchParams.set("step", asked.step);
      const answer = await fetch(address);
      if (asked === options || same(asked, options)) await take(answer);
    } catch {
      text.textContent = "The dashboard does not answer.";
    }
    asking = false;
    if (!same(asked, options)) ask();
    else if (options.live) timer = setTimeout(ask, POLL_MS);
  }

  async function take(answer) {
    if (answer.status === 204) return;
    if (!answer.ok) {
      text.textContent = await answer.text();
      return;
    }
    told = await answer.json();
    known = told.tag;
    paint();
  }

  function paint() {
    const style = getComputedStyle(root);
    const colour = (name) => style.getPropertyValue(name === "text" ? "--st-text-color" : `--st-${name}-color`).trim();
    const sides = Object.keys(told.sides);
    text.replaceChildren(...(sides.length ? legend(told.labels, colour) : ["Waiting for the first view…"]));
    const background = rgb(colour("background"));
    const classes = told.labels.map((_, place) => rgb(colour(CLASS_COLOURS[place % CLASS_COLOURS.length])));
    for (const side of sides) {
      const face = place(side, colour);
      const grid = bytes(told.sides[side].grid);
      paintGrid(face.canvas, told.size, (cell) => mix(background, classes, grid, cell));
      paintPoints(face.canvas, told, classes, background);
      face.word.textContent = `step ${told.sides[side].step.toLocaleString("en")}`;
      count(face.canvas, told.sides[side].step, `Decision boundary of ${FACES[side].name}`);
    }
    if (told.difference) {
      const face = place("difference", colour);
      const values = bytes(told.difference.values);
      const ink = rgb(colour("text"));
      paintGrid(face.canvas, told.size, (cell) => blend(background, ink, values[cell] / 255));
      face.word.textContent = `at most ${told.difference.largest.toPrecision(2)}`;
      count(face.canvas, told.tag, "How far the two probabilities lie apart");
    }
  }

  function place(name, colour) {
    if (!faces[name]) {
      const figure = document.createElement("figure");
      const caption = document.createElement("figcaption");
      const title = document.createElement("b");
      const word = document.createElement("span");
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = PIXELS;
      canvas.setAttribute("role", "img");
      canvas.dataset.face = name;
      title.textContent = FACES[name].name;
      caption.append(title, word);
      figure.append(caption, canvas);
      root.insertBefore(figure, text);
      faces[name] = { title, word, canvas };
    }
    faces[name].title.style.color = colour(FACES[name].colour);
    return faces[name];
  }

  function destroy() {
    clearTimeout(timer);
  }

  return { update, destroy };
}

function same(one, other) {
  return one.run === other.run && one.step === other.step && one.live === other.live;
}

function legend(labels, colour) {
  return labels.map((label, place) => {
    const entry = document.createElement("span");
    const dot = document.createElement("i");
    dot.style.background = colour(CLASS_COLOURS[place % CLASS_COLOURS.length]);
    entry.append(dot, label);
    return entry;
  });
}

// What tests and screen readers see of a painting.
function count(canvas, step, label) {
  if (canvas.dataset.step !== String(step)) canvas.dataset.paintings = Number(canvas.dataset.paintings ?? 0) + 1;
  canvas.dataset.step = step;
  canvas.setAttribute("aria-label", label);
}

function paintGrid(canvas, size, colourOf) {
  const small = new OffscreenCanvas(size, size);
  const pen = small.getContext("2d");
  const image = pen.createImageData(size, size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const at = 4 * ((size - 1 - row) * size + column); // y grows upwards
      image.data.set([...colourOf(row * size + column), 255], at);
    }
  }
  pen.putImageData(image, 0, 0);
  canvas.getContext("2d").drawImage(small, 0, 0, canvas.width, canvas.height);
}

function paintPoints(canvas, told, classes, background) {
  const pen = canvas.getContext("2d");
  const [left, right, bottom, top] = told.extent;
  pen.lineWidth = 1.5;
  pen.strokeStyle = `rgb(${background})`;
  told.points.forEach(([x, y], index) => {
    pen.beginPath();
    const across = ((x - left) / (right - left)) * canvas.width;
    pen.arc(across, ((top - y) / (top - bottom)) * canvas.height, 4.5, 0, 2 * Math.PI);
    pen.fillStyle = `rgb(${classes[told.classes[index]]})`;
    pen.fill();
    pen.stroke();
  });
}

function mix(background, classes, grid, cell) {
  const colour = [0, 0, 0];
  classes.forEach((one, place) => {
    const share = grid[cell * classes.length + place] / 255;
    for (let part = 0; part < 3; part++) colour[part] += share * one[part];
  });
  return blend(background, colour, TINT);
}

function blend(one, other, share) {
  return one.map((part, place) => Math.round(part + share * (other[place] - part)));
}

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function rgb(colour) {
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

// needs: ../../components/base64.js ../../explorer/registry.js ../pad/framed.js by_hand.js grips.js
// A picture in which one frames a digit. With every move it is cut out as Python will cut it, shown as the model sees it
// and told to those who follow the slot; on release Python is told what was asked for.

const STEP = 4; // pixels of the picture, of an arrow key
const MOST = 272; // px on the screen, of the picture's longer side
const NEAR = 10; // px on the screen, of a side that is pulled
const CLEAR = "There is no ink in this frame. Move it, or the threshold; until then the page shows the image before.";
const crops = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  let crop = crops.get(parentElement);
  if (!crop) crops.set(parentElement, (crop = createCrop(parentElement.querySelector(".crop"))));
  crop.update(data, (byHand) => setStateValue("by_hand", { occasion: data.occasion, ...byHand }));
  return () => {
    crop.unmount();
    crops.delete(parentElement);
  };
}

function createCrop(root) {
  const canvas = root.querySelector(".picture");
  const context = canvas.getContext("2d");
  const framed = createFramed(root.querySelector(".framed"));
  const details = root.querySelector("details");
  const dark = root.querySelector(".dark input");
  const backButton = root.querySelector(".automatic");
  const [angle, threshold] = root.querySelectorAll(".range input");
  const [angleText, thresholdText] = root.querySelectorAll(".range b");
  let report, occasion, slot, picture, offered, automatic, image;
  let byHand = null; // while it is null the picture is read automatically
  let grip = null; // of the pointer that pulls
  let changed = false; // since Python was told
  let frame = 0;

  const current = () => byHand ?? offered;
  const size = () => turnedSize(picture, current().turns);
  const repaint = () => (frame ||= requestAnimationFrame(paint));

  function update(data, tellPython) {
    report = tellPython;
    ({ slot } = data);
    if (data.occasion !== occasion) adopt(data);
    framed.describe({ caption: data.caption, before: "", clear: CLEAR });
  }

  function adopt(data) {
    ({ occasion, offered } = data);
    picture = { levels: data.levels.getChildAt(0).toArray(), width: data.width, height: data.height };
    automatic = fromBase64(data.automatic);
    image = greyImage(picture);
    byHand = data.by_hand;
    details.open ||= Boolean(byHand) || data.open;
    grip = null;
    if (byHand) show();
    else framed.begin(automatic);
    describe();
    repaint();
  }

  // ---- what is seen

  // `isMoving` while more of the same is to come.
  function show(isMoving = false) {
    const { ink } = framedByHand(picture, byHand);
    framed.draw(ink);
    if (slot && ink) showDrawing(slot, { ink, down: isMoving });
  }

  function describe() {
    const asked = current();
    dark.checked = asked.dark_on_light;
    angle.value = asked.angle;
    angleText.textContent = `${asked.angle < 0 ? "−" : ""}${Math.abs(asked.angle)}°`;
    threshold.value = asked.threshold ?? usualThreshold(cropOf(picture, asked));
    thresholdText.textContent = `${threshold.value}${asked.threshold === null ? " (auto)" : ""}`;
    backButton.disabled = !byHand;
  }

  function paint() {
    frame = 0;
    const { width, height } = size();
    const scale = Math.min(root.clientWidth, MOST) / Math.max(width, height);
    canvas.style.width = `${width * scale}px`;
    canvas.style.height = `${height * scale}px`;
    canvas.width = Math.round(width * scale * devicePixelRatio);
    canvas.height = Math.round(height * scale * devicePixelRatio);
    const { turns, angle: degrees, left, top, right, bottom } = current();
    context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
    context.save();
    context.translate(width / 2, height / 2);
    context.rotate(((90 * turns + degrees) * Math.PI) / 180);
    context.drawImage(image, -picture.width / 2, -picture.height / 2);
    context.restore();
    context.fillStyle = "rgb(11 13 18 / .5)";
    context.beginPath();
    context.rect(0, 0, width, height);
    context.rect(left, top, right - left, bottom - top);
    context.fill("evenodd");
    drawFrame(context, current(), 1 / scale);
  }

  function change(asked, isMoving = false) {
    byHand = { ...current(), ...asked };
    changed = true;
    show(isMoving);
    describe();
    repaint();
  }

  function tell() {
    if (!changed) return;
    changed = false;
    if (byHand) show();
    report({ asked: byHand });
  }

  // ---- mouse, finger, pen: one at a time

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const { width, height } = size();
    return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
  };
  const near = () => (NEAR * size().width) / canvas.getBoundingClientRect().width;

  canvas.addEventListener("pointerdown", (event) => {
    if (grip || event.button !== 0) return;
    const from = at(event);
    grip = { pointer: event.pointerId, from, before: current(), what: gripAt(current(), ...from, near()) };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!grip) canvas.style.cursor = cursorOf(gripAt(current(), ...at(event), near()));
    if (event.pointerId !== grip?.pointer) return;
    const { from, before, what } = grip;
    const to = at(event);
    change(what ? moved(before, what, to[0] - from[0], to[1] - from[1], size()) : spanned(from, to, size()), true);
  });
  for (const type of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(type, (event) => {
      if (event.pointerId !== grip?.pointer) return;
      grip = null;
      tell();
    });
  }

  // ---- keyboard

  canvas.addEventListener("keydown", (event) => {
    const across = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key] ?? 0;
    const down = { ArrowUp: -STEP, ArrowDown: STEP }[event.key] ?? 0;
    if (!across && !down) return;
    const what = event.shiftKey ? { sides: { right: across, bottom: down } } : { whole: true };
    change(moved(current(), what, across, down, size()), true);
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener("keyup", tell);
  canvas.addEventListener("blur", tell);

  // ---- buttons and sliders

  const turn = (count) => {
    let asked = current();
    for (let i = 0; i < count; i++) asked = turnedOnce(picture, asked);
    change(asked);
    tell();
  };
  root.querySelector(".left").addEventListener("click", () => turn(3));
  root.querySelector(".right").addEventListener("click", () => turn(1));
  dark.addEventListener("change", () => {
    change({ dark_on_light: dark.checked, threshold: null });
    tell();
  });
  backButton.addEventListener("click", () => {
    byHand = null;
    changed = true;
    framed.begin(automatic);
    framed.draw(automatic);
    if (slot) showDrawing(slot, { ink: automatic, down: false });
    describe();
    repaint();
    tell();
  });
  angle.addEventListener("input", () => change({ angle: Number(angle.value) }, true));
  threshold.addEventListener("input", () => change({ threshold: Number(threshold.value) }, true));
  for (const slider of [angle, threshold]) slider.addEventListener("change", tell);

  // The picture has no size while it is folded away.
  const resized = new ResizeObserver(() => picture && repaint());
  resized.observe(details);

  return {
    update,
    unmount() {
      resized.disconnect();
      cancelAnimationFrame(frame);
      if (slot) showDrawing(slot, { ink: null, down: false });
    },
  };
}

function cursorOf(what) {
  if (!what) return "crosshair";
  if (!what.sides) return "move";
  const { left, right, top, bottom } = what.sides;
  if ((left && top) || (right && bottom)) return "nwse-resize";
  if ((right && top) || (left && bottom)) return "nesw-resize";
  return left || right ? "ew-resize" : "ns-resize";
}

// The frame with its corners, `unit` of the picture's pixels to one on the screen.
function drawFrame(context, { left, top, right, bottom }, unit) {
  Object.assign(context, { strokeStyle: "#E69F00", fillStyle: "#E69F00", lineWidth: 2 * unit });
  context.strokeRect(left, top, right - left, bottom - top);
  const half = 4 * unit;
  for (const x of [left, right]) {
    for (const y of [top, bottom]) context.fillRect(x - half, y - half, 2 * half, 2 * half);
  }
}

function greyImage({ levels, width, height }) {
  const image = new OffscreenCanvas(width, height);
  const bitmap = new ImageData(width, height);
  for (let i = 0; i < levels.length; i++) {
    bitmap.data.fill(levels[i], 4 * i, 4 * i + 3);
    bitmap.data[4 * i + 3] = 255;
  }
  image.getContext("2d").putImageData(bitmap, 0, 0);
  return image;
}

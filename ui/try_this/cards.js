// A card for each experiment; its button tells Python which one to set up.

const drawn = new WeakMap(); // list to what it shows

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".cards");
  list.onclick = ({ target }) => {
    const name = target.dataset.experiment;
    if (name) setTriggerValue("chosen", name);
  };
  const shows = JSON.stringify(data.experiments);
  if (drawn.get(list) === shows) return;
  drawn.set(list, shows);
  list.replaceChildren(...data.experiments.map(buildCard));
}

function buildCard({ name, title, do: what, look_for: seen, sets }) {
  const card = document.createElement("li");
  const text = build("p", `${what} `);
  text.append(build("em", "Look for:"), ` ${seen}`);
  const button = build("button", "Set it up");
  button.type = "button";
  button.title = `Sets ${sets}.`;
  button.dataset.experiment = name;
  button.setAttribute("aria-label", `Set it up: ${title}`);
  card.append(build("h3", title), text, button);
  return card;
}

function build(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

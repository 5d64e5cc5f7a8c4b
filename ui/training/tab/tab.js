// Keeps a token for as long as the browser's tab is open, through reloads of its page. Given one it keeps it; given none
// it tells the one that it has, once.

const KEY = "vaelab-run";
const told = new WeakSet(); // elements of the page

export default function ({ data, parentElement, setTriggerValue }) {
  try {
    if (data) {
      sessionStorage.setItem(KEY, data);
    } else if (!told.has(parentElement)) {
      told.add(parentElement);
      const token = sessionStorage.getItem(KEY);
      if (token) setTriggerValue("token", token);
    }
  } catch {
    // Where a browser keeps nothing, a reloaded page begins anew.
  }
}

// needs: ../components/theme.js
// Called with new data, and whenever the theme changes.

export default function ({ data, parentElement, setTriggerValue }) {
  const theme = themeOf(parentElement.host).dark ? "dark" : "light";
  if (theme !== data.drawn) setTriggerValue("change", theme);
}

// ?state=full|empty|started|failing|slow|offline  &theme=dark|light  &place=settings|project/1|…
import "@fontsource-variable/inter/wght.css";
import "../src/styles/tokens.css";
import "../src/styles/base.css";
import { pretend, type Situation } from "./engine";

const asked = new URLSearchParams(location.search);
pretend((asked.get("state") ?? "full") as Situation, asked.get("theme") ?? "system");

const { mount } = await import("svelte");
const { default: App } = await import("../src/App.svelte");
const { placeNamed, router } = await import("../src/lib/router.svelte");
const place = asked.get("place");
if (place) router.replace(placeNamed(place));
mount(App, { target: document.getElementById("app") as HTMLElement });

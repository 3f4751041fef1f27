import { expect, test } from "vitest";
import { placeNamed, router } from "./router.svelte";

test("back and forward find the places again, with where they were scrolled to", () => {
  router.go({ screen: "projects" });
  router.scroll.set("page", 120);
  router.go({ screen: "project", id: 7 });
  router.replace({ screen: "project", id: 7, thread: 3 });
  router.back();
  expect(router.place).toEqual({ screen: "projects" });
  expect(router.scroll.get("page")).toBe(120);
  router.forward();
  expect(router.place).toEqual({ screen: "project", id: 7, thread: 3 });
  expect(router.scroll.get("page")).toBeUndefined();
});

test("going where one is makes no step, and going elsewhere ends what lay ahead", () => {
  router.go({ screen: "contacts" });
  router.go({ screen: "contacts" });
  router.back();
  expect(router.place.screen).toBe("project");
  router.go({ screen: "settings" });
  router.forward();
  expect(router.place.screen).toBe("settings");
});

test("what was deleted is not gone back to", () => {
  router.go({ screen: "project", id: 9 });
  router.go({ screen: "contacts" });
  router.back();
  router.forget((p) => p.screen === "project" && p.id === 9, { screen: "projects" });
  expect(router.place).toEqual({ screen: "projects" });
  router.forward();
  router.back();
  expect(router.place).toEqual({ screen: "projects" });
});

test.each([
  ["settings/email", { screen: "settings" }],
  ["settings/advanced", { screen: "settings", part: "advanced" }],
  ["help", { screen: "help" }],
  ["to-sort", { screen: "to-sort" }],
  ["project/12", { screen: "project", id: 12 }],
  ["project/none", { screen: "dashboard" }],
  ["nonsense", { screen: "dashboard" }],
])("%s names a place", (name, place) => expect(placeNamed(name)).toEqual(place));

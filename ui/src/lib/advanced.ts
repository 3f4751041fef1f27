import { tick } from "svelte";
import { router } from "./router.svelte";
import { sheets } from "./sheets.svelte";

/** Closes what lies over the screen and leads to Settings > Advanced, also for who was led there before. */
export async function openAdvanced(): Promise<void> {
  sheets.close();
  const { place } = router;
  if (place.screen === "settings" && place.part) {
    router.replace({ screen: "settings" });
    await tick();
  }
  router.go({ screen: "settings", part: "advanced" });
}

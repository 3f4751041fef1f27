// The window's content in an ordinary browser, with sample data in the engine's place. For looking, never shipped.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  root: "preview",
  plugins: [svelte({ configFile: "../svelte.config.js" })],
  base: "./",
  build: { target: ["safari16", "es2022"], assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { port: 1421, strictPort: true, fs: { allow: [".."] } },
});

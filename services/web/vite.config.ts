import {
  convertCssVariables,
  DEFAULT_THEME,
  defaultCssVariablesResolver,
  mergeMantineTheme,
} from "@mantine/core";
import react from "@vitejs/plugin-react";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

import { theme } from "./src/theme.ts";

const THEME_CSS = "virtual:theme.css";

/** The theme's variables as a stylesheet: at run time Mantine would inject a <style>, which the policy forbids. */
function themeStylesheet(): Plugin {
  return {
    name: "holdfast-theme-stylesheet",
    resolveId: (id) => (id === THEME_CSS ? `\0${THEME_CSS}` : undefined),
    load(id) {
      if (id !== `\0${THEME_CSS}`) return undefined;
      const variables = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme));
      variables.dark["--mantine-color-scheme"] = "dark";
      variables.light["--mantine-color-scheme"] = "light";
      return convertCssVariables(variables, ":root");
    },
  };
}

const PDFJS = fileURLToPath(new URL("./node_modules/pdfjs-dist", import.meta.url));
const PDFJS_NEEDS = ["cmaps", "standard_fonts", "wasm"];
// The policy allows no WebAssembly; this is the decoder that pdf.js has for such pages.
const isNeeded = (name: string): boolean => !name.endsWith(".wasm");

/** What pdf.js fetches while it draws (character maps, standard fonts, a decoder), from our own origin. */
function pdfParts(): Plugin {
  return {
    name: "holdfast-pdf-parts",
    generateBundle() {
      for (const folder of PDFJS_NEEDS) {
        for (const name of readdirSync(join(PDFJS, folder)).filter(isNeeded)) {
          this.emitFile({ type: "asset", fileName: `pdf/${folder}/${name}`, source: readFileSync(join(PDFJS, folder, name)) });
        }
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), themeStylesheet(), pdfParts()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    // Inlined assets would need data: sources in the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});

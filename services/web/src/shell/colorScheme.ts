import { localStorageColorSchemeManager } from "@mantine/core";

/** The same key that public/color-scheme.js reads before the first paint. */
export const colorSchemes = localStorageColorSchemeManager({ key: "holdfast-color-scheme" });

import { createTheme, type MantineColorsTuple } from "@mantine/core";

const pine: MantineColorsTuple = [
  "#e9f5f2",
  "#d3e8e3",
  "#a6d2c8",
  "#77bcad",
  "#4fa896",
  "#349986",
  "#1f8371",
  "#0f6457",
  "#0b5247",
  "#053d35",
];

/** Dark surfaces with a breath of green, so that menus and fields match the page. */
const dark: MantineColorsTuple = [
  "#e6ebe8",
  "#b9c3be",
  "#9aa5a0",
  "#77827d",
  "#37403d",
  "#2c3432",
  "#1d2221",
  "#151918",
  "#111413",
  "#0c0f0e",
];

const danger: MantineColorsTuple = [
  "#fdf0ed",
  "#fbe0da",
  "#f4beb3",
  "#ec9888",
  "#e37763",
  "#d45a44",
  "#b94630",
  "#a8321f",
  "#8b2717",
  "#6e1d10",
];

export const theme = createTheme({
  primaryColor: "pine",
  primaryShade: { light: 7, dark: 6 },
  colors: { pine, dark, danger },
  fontFamily: "var(--hf-font)",
  headings: { fontFamily: "var(--hf-font)", fontWeight: "600" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Modal: { styles: { title: { fontSize: 17, fontWeight: 600 } }, defaultProps: { overlayProps: { backgroundOpacity: 0.4 } } },
    Drawer: { styles: { title: { fontSize: 16, fontWeight: 600 } }, defaultProps: { overlayProps: { backgroundOpacity: 0.4 } } },
  },
});

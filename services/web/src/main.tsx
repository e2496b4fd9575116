import "@/styles/mantine.css";
import "virtual:theme.css";
import "@/styles/global.css";

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "@/app";
import { queries } from "@/session/queries";
import { colorSchemes } from "@/shell/colorScheme";
import { Crash } from "@/shell/Crash";
import { theme } from "@/theme";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

// Variables and classes come as stylesheets (vite.config.ts): the policy allows no <style>.
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemes}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <Crash>
        <QueryClientProvider client={queries}>
          <App />
        </QueryClientProvider>
      </Crash>
    </MantineProvider>
  </StrictMode>,
);

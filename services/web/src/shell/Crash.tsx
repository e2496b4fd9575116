import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";

import { EmptyState } from "@/shell/EmptyState";
import { texts } from "@/texts";

/** Keeps one broken view from blanking the page. */
export class Crash extends Component<{ children: ReactNode }, { crashed: boolean }> {
  override state = { crashed: false };

  static getDerivedStateFromError(): { crashed: boolean } {
    return { crashed: true };
  }

  override render(): ReactNode {
    if (!this.state.crashed) return this.props.children;
    return (
      <EmptyState title={texts.problem.crashed}>
        <Button onClick={() => window.location.reload()}>{texts.problem.reload}</Button>
      </EmptyState>
    );
  }
}

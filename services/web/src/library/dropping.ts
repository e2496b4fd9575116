import { useRef, useState, type DragEvent } from "react";

import { fromDrop, type Incoming } from "@/library/incoming";

/** Drag and drop of files and folders onto an element; `take` is null where nothing may be added. */
export function useDropping(take: ((files: Incoming[]) => void) | null) {
  const [over, setOver] = useState(false);
  // Entering a child fires before leaving its parent: only the balance says whether the pointer is inside.
  const depth = useRef(0);
  const hasFiles = (event: DragEvent): boolean => take !== null && event.dataTransfer.types.includes("Files");
  const move = (event: DragEvent, by: number): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth.current += by;
    setOver(depth.current > 0);
  };
  const handlers = {
    onDragEnter: (event: DragEvent) => move(event, 1),
    onDragOver: (event: DragEvent) => move(event, 0),
    onDragLeave: (event: DragEvent) => move(event, -1),
    onDrop: (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth.current = 0;
      setOver(false);
      if (take) void fromDrop(event.dataTransfer).then(take);
    },
  };
  return { over, handlers };
}

import { useRef, useState, type DragEvent } from "react";

/** Drag and drop of files onto an element; `take` is null where nothing may be added. */
export function useDropping(take: ((files: File[]) => void) | null) {
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
      take?.(Array.from(event.dataTransfer.files));
    },
  };
  return { over, handlers };
}

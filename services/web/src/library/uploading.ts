import { problemFrom, ApiError, UNREACHABLE, unsafeHeaders } from "@/api/client";
import type { Job, LibraryDocument } from "@/api/types";

export interface Accepted {
  document: LibraryDocument;
  job: Job;
  /** The same content was there under this name already. */
  unchanged?: boolean;
}

/** XMLHttpRequest, because fetch cannot tell how much has been sent. */
export function upload(
  wish: { collection: string; bulk: string | null; name: string; file: File },
  progress: (share: number) => void,
): Promise<Accepted> {
  const form = new FormData();
  form.append("collection", wish.collection);
  form.append("name", wish.name);
  if (wish.bulk) form.append("bulk_id", wish.bulk);
  form.append("file", wish.file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/documents");
    for (const [name, value] of Object.entries(unsafeHeaders())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => progress(event.total > 0 ? event.loaded / event.total : 0);
    request.onerror = () => reject(new ApiError(UNREACHABLE));
    request.onload = () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText) as Accepted);
      else reject(new ApiError(problemFrom(request.status, request.responseText)));
    };
    request.send(form);
  });
}

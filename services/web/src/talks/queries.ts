export const CONVERSATIONS = ["conversation-list"] as const;
export const SHARES = ["shares"] as const;
/** Apart from the lists: when one is deleted they are asked for again, it is not. */
export const aboutKey = (id: string) => ["conversation", id] as const;

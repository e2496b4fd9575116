export const CONVERSATIONS = ["conversation-list"] as const;
export const SHARES = ["shares"] as const;

import { listCollections } from "@/api/calls";

export const collectionsQuery = { queryKey: ["collections"], queryFn: listCollections };

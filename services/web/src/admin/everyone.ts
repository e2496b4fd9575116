import { listPeople } from "@/api/adminCalls";
import type { Person } from "@/api/types";

/** All people, page after page: choosing members needs every one of them. */
async function everyone(): Promise<Person[]> {
  const people: Person[] = [];
  let cursor: string | null = null;
  do {
    const page = await listPeople(cursor);
    people.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor !== null);
  return people;
}

export const everyoneQuery = { queryKey: ["people", "all"], queryFn: everyone };

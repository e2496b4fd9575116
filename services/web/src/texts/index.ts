import { en, type Texts } from "@/texts/en";

export const texts: Texts = en;
export const locale = "en";

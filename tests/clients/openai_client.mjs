// The official Node client, unchanged: `node openai_client.mjs FOLDER ADDRESS KEY QUESTION`; prints what it got.
// FOLDER holds the page's package.json, beside whose modules the client lies.
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, baseURL, apiKey, question] = process.argv.slice(2);
const { default: OpenAI } = await import(createRequire(join(folder, "package.json")).resolve("openai"));
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const messages = [{ role: "user", content: question }];

const names = [];
for await (const model of client.models.list()) names.push(model.id);

const whole = await client.chat.completions.create({ model: "holdfast", messages });

let streamed = "";
let usage = null;
const stream = await client.chat.completions.create({
  model: "holdfast",
  messages,
  stream: true,
  stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}

const embedder = names.at(-1);
const embedded = await client.embeddings.create({ model: embedder, input: ["one", "two"] });

let refusal = null;
try {
  await client.chat.completions.create({ model: "holdfast/nowhere", messages });
} catch (error) {
  refusal = { status: error.status, code: error.code, kind: error.constructor.name };
}

console.log(
  JSON.stringify({
    names,
    whole: whole.choices[0].message.content,
    citations: whole.choices[0].message.citations.length,
    streamed,
    usage,
    dimensions: embedded.data.map((one) => one.embedding.length),
    refusal,
  }),
);

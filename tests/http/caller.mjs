// Calls functions through supabase-js: one request a line on stdin, one answer a line on stdout.
// Ends with stdin.
import { createInterface } from "node:readline";
import { createClient } from "@supabase/supabase-js";

const url = process.argv[2];
const clients = new Map();

function clientOf(access) {
  if (!clients.has(access)) {
    clients.set(
      access,
      createClient(url, access, {
        db: { schema: "credits" },
        auth: { persistSession: false, autoRefreshToken: false },
      }),
    );
  }
  return clients.get(access);
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const { data, error, status } = await clientOf(request.access).rpc(
    request.function,
    request.arguments,
  );
  process.stdout.write(JSON.stringify({ data, error, status }) + "\n");
}

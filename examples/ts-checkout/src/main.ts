// A checkout that sells one cart:
//
//   npm start -- --cart 5f0c7a52-3b0e-4a57-9d3c-6f0f3f1d8a11 \
//     --item 4465ca67-98d0-4514-baf8-1f97a0af0c27=2 [--decline]
//
// It may be killed anywhere and run again with the same cart: each command has an id made from the
// cart, so what was done is not done twice. It ends with 0 once the cart is shipped, 3 where it was
// unavailable, 4 where the payment was declined.
import { parseArgs } from "node:util";
import { sell } from "./checkout.js";
import { Inventory } from "./inventory.js";

const { values } = parseArgs({
  options: {
    bridge: { type: "string", default: "http://127.0.0.1:8080" },
    cart: { type: "string", default: "" },
    item: { type: "string", multiple: true, default: [] },
    decline: { type: "boolean", default: false },
  },
});
const items = values.item.map((text) => {
  const [productId = "", units] = text.split("=");
  return { productId, quantity: Number(units) };
});

try {
  const ending = await sell(new Inventory(values.bridge), values.cart, items, async () => !values.decline, console.log);
  process.exitCode = { shipped: 0, unavailable: 3, declined: 4 }[ending];
} catch (error) {
  console.error(`ts-checkout: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

// Sells a cart. Its steps are a saga: each is safe to repeat, and what was reserved is given back
// where a later step fails for good.
import type { Inventory, Item } from "./inventory.js";

export type Ending = "shipped" | "unavailable" | "declined";

/**
 * Reserves a cart, takes its payment, and ships it. When it throws it is not known how far it
 * came: call it again.
 *
 * @param pay takes the payment of a cart; it has to be safe to repeat, too
 * @param tell is told each step
 */
export async function sell(
  inventory: Inventory,
  cart: string,
  items: Item[],
  pay: (cart: string) => Promise<boolean>,
  tell: (line: string) => void,
): Promise<Ending> {
  const outcome = await inventory.reserve(cart, items);
  if ("short" in outcome) {
    for (const item of outcome.short.unavailableItems) {
      tell(`unavailable: ${item.requested} of ${item.productId}, of which there are ${item.available}`);
    }
    return "unavailable";
  }
  const { reservationId } = outcome.reserved;
  tell(`reserved: ${reservationId}`);

  // If this throws it may have been paid, so the hold stays. It runs out by itself.
  if (!(await pay(cart))) {
    await inventory.release(reservationId, cart);
    tell(`declined, released: ${reservationId}`);
    return "declined";
  }

  await inventory.consume(reservationId, cart);
  tell(`paid, shipped: ${reservationId}`);
  return "shipped";
}

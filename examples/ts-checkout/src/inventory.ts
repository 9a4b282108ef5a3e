// Sends commands to the Inventory Service as CloudEvents.
import { CloudEvent, HTTP } from "cloudevents";

export interface Item {
  productId: string;
  quantity: number;
}

export interface Reserved {
  reservationId: string;
  cartId: string;
  expiresAt?: string;
}

export interface Unavailable {
  cartId: string;
  unavailableItems: { productId: string; requested: number; available: number }[];
}

/** What can never succeed, in the bridge's words. */
export class Refused extends Error {}

/** With the id, the source is what makes two commands the same. */
const source = "/examples/ts-checkout";

// A command that could not be decided in time, or got no answer, is sent again after a pause that
// doubles, or longer where the bridge says so. All times are in milliseconds.
const firstPause = 200;
const longestPause = 5_000;
const patience = 60_000;

export class Inventory {
  /** @param bridge address of the bridge, with /namespaces/NAME for another namespace than its default */
  constructor(private readonly bridge: string) {}

  /** Holds all items of a cart, or tells which are short. */
  async reserve(cart: string, items: Item[]): Promise<{ reserved: Reserved } | { short: Unavailable }> {
    const answer = await this.ask("com.acme.inventory.reserve.v1", `${cart}.reserve`, { cartId: cart, items });
    switch (answer.type) {
      case "com.acme.inventory.reserved.v1":
        return { reserved: answer.data as Reserved };
      case "com.acme.inventory.unavailable.v1":
        return { short: answer.data as Unavailable };
      default:
        throw new Error(`the answer is a ${answer.type}`);
    }
  }

  /** Gives back what a reservation holds. */
  async release(reservationId: string, cart: string): Promise<void> {
    await this.ask("com.acme.inventory.release.v1", `${cart}.release`, { reservationId, reason: "CHECKOUT_FAILED" });
  }

  /** Takes what a reservation holds out of stock for good. */
  async consume(reservationId: string, cart: string): Promise<void> {
    await this.ask("com.acme.inventory.consume.v1", `${cart}.consume`, { reservationId });
  }

  /**
   * Sends a command until it is answered. It goes out unchanged each time, so however often it
   * arrives, it is carried out once.
   */
  private async ask(type: string, id: string, data: object): Promise<CloudEvent<unknown>> {
    const command = HTTP.binary(
      new CloudEvent({ type, source, id, time: new Date().toISOString(), datacontenttype: "application/json", data }),
    );
    const deadline = Date.now() + patience;
    for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
      let wait = pause;
      let problem: string;
      try {
        const response = await fetch(this.bridge, {
          method: "POST",
          // The outcome comes with the answer, also where it goes to a sink, too.
          headers: { ...(command.headers as Record<string, string>), prefer: "return=representation" },
          body: command.body as string,
          signal: AbortSignal.timeout(patience),
        });
        const body = await response.text();
        if (response.status === 200) {
          return HTTP.toEvent({ headers: Object.fromEntries(response.headers), body }) as CloudEvent<unknown>;
        }
        problem = `the inventory answers ${response.status}: ${body}`;
        if (response.status !== 408 && response.status !== 429 && response.status < 500) {
          throw new Refused(problem);
        }
        wait = Math.max(wait, 1000 * (Number(response.headers.get("retry-after")) || 0));
      } catch (error) {
        if (error instanceof Refused) {
          throw error;
        }
        problem = `the inventory does not answer: ${error}`;
      }
      if (Date.now() + wait > deadline) {
        throw new Error(problem);
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

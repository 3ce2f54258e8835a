/** What an endpoint offers, asked at most once a minute, and never making anybody wait twice. */
import type { Endpoint, Offer } from './endpoint.ts'

const freshMs = 60_000
/** A server that was down is asked again sooner: it may have been started just now. */
const retryMs = 10_000
const patienceMs = 2_000

export interface Offers {
  /** Null while the endpoint can't be asked. */
  now(): Promise<Offer[] | null>
  /** The last list it ever gave; null when it never gave one. */
  known(): Offer[] | null
}

export function keepOffers(endpoint: Endpoint): Offers {
  let latest: { offers: Offer[] | null, at: number } | null = null
  let known: Offer[] | null = null
  let asking: Promise<Offer[] | null> | null = null

  async function ask(): Promise<Offer[] | null> {
    const offers = await endpoint.ask(AbortSignal.timeout(patienceMs)).catch(() => null)
    latest = { offers, at: Date.now() }
    known = offers ?? known
    asking = null
    return offers
  }

  return {
    async now() {
      const age = latest ? Date.now() - latest.at : Infinity
      if (latest && age < (latest.offers ? freshMs : retryMs)) return latest.offers
      asking ??= ask()
      // Whoever comes while a list is renewed takes the old one: nobody's reply waits for it.
      return latest?.offers ?? asking
    },
    known: () => known,
  }
}

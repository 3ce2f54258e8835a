/** Speak, listen, speak: the round of a hands-free conversation, without knowing what hears, sends or reads. */
import type { Ear, Spoken } from './ear.ts'

export type HandsFreePhase = 'listening' | 'hearing' | 'asking' | 'reading'

export interface HandsFreeParts<Reply> {
  ear: Pick<Ear, 'hear' | 'playing'>
  /** Sends what was said, and waits until its reply can be read; null when there is nothing to read. Rejects with what went wrong. */
  ask(spoken: Spoken, signal: AbortSignal): Promise<Reply | null>
  /** Reads to the end, also of one that is still being written, or until the signal aborts; then it resolves too. Rejects when the reply failed meanwhile. */
  read(reply: Reply, signal: AbortSignal): Promise<void>
  tell(phase: HandsFreePhase): void
}

/** Goes round until the signal aborts or something goes wrong; it only ever rejects. */
export async function goRound<Reply>({ ear, ask, read, tell }: HandsFreeParts<Reply>, signal: AbortSignal): Promise<never> {
  const listen = (begun: (really: boolean) => void) => {
    const hearing = ear.hear({ signal, began: begun })
    // It is waited for later; until then its failure is nobody's.
    hearing.catch(() => {})
    return hearing
  }
  const said = (really: boolean) => tell(really ? 'hearing' : 'listening')
  tell('listening')
  let hearing = listen(said)
  for (;;) {
    const spoken = await hearing
    tell('asking')
    const reply = await ask(spoken, signal)
    signal.throwIfAborted()
    const interrupted = new AbortController()
    let reads = reply !== null
    let speaks = false
    tell(reply === null ? 'listening' : 'reading')
    // The microphone is open already: who interrupts loses no word.
    ear.playing(reads)
    hearing = listen((really) => {
      speaks = really
      if (really) interrupted.abort()
      if (really || !reads) said(really)
    })
    try {
      if (reply !== null) await read(reply, AbortSignal.any([signal, interrupted.signal]))
    }
    finally {
      reads = false
      ear.playing(false)
    }
    signal.throwIfAborted()
    if (!speaks) tell('listening')
  }
}

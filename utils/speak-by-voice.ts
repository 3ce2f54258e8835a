/** The browser's own voice. */
import { piecesAsWritten, type Growing } from './spoken-as-written.ts'

const voicesWithinMs = 800

/** The voices of this device, which some browsers tell a moment after they are asked. */
async function listVoices(): Promise<SpeechSynthesisVoice[]> {
  if (!('speechSynthesis' in window)) return []
  const known = speechSynthesis.getVoices()
  if (known.length) return known
  await new Promise<void>((resolve) => {
    speechSynthesis.addEventListener('voiceschanged', () => resolve(), { once: true })
    setTimeout(resolve, voicesWithinMs)
  })
  return speechSynthesis.getVoices()
}

/** The best voice that speaks on this device; one that sends the words to somebody's server is none. */
export async function findVoice(languages: readonly string[] = navigator.languages): Promise<SpeechSynthesisVoice | null> {
  const voices = (await listVoices()).filter(voice => voice.localService)
  const speaks = (voice: SpeechSynthesisVoice, language: string) => voice.lang.replace('_', '-').toLowerCase().startsWith(language.toLowerCase())
  for (const language of [...languages, ...languages.map(one => one.split('-')[0] ?? one)]) {
    const found = voices.find(voice => speaks(voice, language))
    if (found) return found
  }
  return voices.find(voice => voice.default) ?? voices[0] ?? null
}

const sayPiece = (piece: string, voice: SpeechSynthesisVoice, signal: AbortSignal) => new Promise<void>((resolve, reject) => {
  const utterance = new SpeechSynthesisUtterance(piece)
  utterance.voice = voice
  utterance.lang = voice.lang
  const stop = () => {
    speechSynthesis.cancel()
    reject(signal.reason)
  }
  const end = () => {
    signal.removeEventListener('abort', stop)
    resolve()
  }
  utterance.onend = end
  // A piece that a voice cannot say is left out.
  utterance.onerror = end
  signal.addEventListener('abort', stop, { once: true })
  speechSynthesis.speak(utterance)
})

/** Reads a text to its end, which may still have to be written. Rejects with the signal's reason. */
export async function speakByVoice(text: Growing, voice: SpeechSynthesisVoice, signal: AbortSignal): Promise<void> {
  for await (const piece of piecesAsWritten(text, signal)) {
    signal.throwIfAborted()
    await sayPiece(piece, voice, signal)
  }
}

/** One stretch of speech; times in milliseconds from the start. */
export interface Cue { fromMs: number, toMs: number, text: string }

/** `1:02:03`, `4:05`. */
export function sayTime(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const shown = parts[0] ? parts : parts.slice(1)
  return shown.map((part, at) => at === 0 ? String(part) : String(part).padStart(2, '0')).join(':')
}

const stamp = (ms: number): string => {
  const whole = Math.max(0, Math.round(ms))
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(whole / 3_600_000))}:${two(Math.floor(whole / 60_000) % 60)}:${two(Math.floor(whole / 1000) % 60)}.${String(whole % 1000).padStart(3, '0')}`
}

/** A transcript as a WebVTT file. What was said is text: it can neither end a cue nor mark anything up. */
export function toVtt(cues: readonly Cue[]): string {
  const escape = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/\s*\n\s*/g, ' ').trim()
  return ['WEBVTT', ...cues.map(cue => `${stamp(cue.fromMs)} --> ${stamp(Math.max(cue.toMs, cue.fromMs + 1))}\n${escape(cue.text)}`)].join('\n\n') + '\n'
}

/** Index of the stretch that is spoken at a time; the last one begun, or -1 before the first. */
export const cueAt = (cues: readonly Cue[], ms: number): number => cues.findLastIndex(cue => cue.fromMs <= ms)

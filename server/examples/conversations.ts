/** What the example conversations say and hold. They show what the product can do, and are marked as examples. */
import { film } from './film.ts'

export interface ExampleFile { name: string, mime: string, bytes(): Promise<Uint8Array> }
export interface ExampleExchange { asked: string, askedWith?: ExampleFile, answered: string, answeredWith?: ExampleFile }
export interface ExampleConversation { name: string, title: string, exchanges: ExampleExchange[] }

const picture: ExampleFile = {
  name: 'harbour.png',
  mime: 'image/png',
  async bytes() {
    const [{ default: sharp }, { drawScene }] = await Promise.all([import('sharp'), import('../models/demo/picture.ts')])
    return sharp(Buffer.from(drawScene('a quiet harbour in the evening'))).png({ compressionLevel: 9 }).toBuffer()
  },
}

const recording: ExampleFile = {
  name: 'melody.wav',
  mime: 'audio/wav',
  bytes: async () => (await import('../models/demo/sound.ts')).speak('good evening from the harbour, all ships are home'),
}

const jumping: ExampleFile = { name: 'jumping-ball.mp4', mime: 'video/mp4', bytes: async () => film() }

export const exampleConversations: readonly ExampleConversation[] = [
  {
    name: 'picture',
    title: 'Example: a picture, drawn and looked at',
    exchanges: [
      {
        asked: 'Draw a quiet harbour in the evening.',
        answered: 'Here is a harbour in the evening. Open it large with a click; it is kept as a file of this conversation, so it can be downloaded and sent again.',
        answeredWith: picture,
      },
      {
        asked: 'Which colours are in it? Put them in a table.',
        answered: 'The palette, from top to bottom:\n\n| Part | Colour | Mood |\n|---|---|---|\n| Sky | dusk blue to orange | calm |\n| Hills | dark violet | far away |\n| Water | deep blue | still |\n\nThe light falls off roughly as $I(d) = I_0\\,e^{-kd}$, which is why the far hills look paler.',
      },
    ],
  },
  {
    name: 'recording',
    title: 'Example: a recording',
    exchanges: [
      {
        asked: 'What do you hear in this recording?',
        askedWith: recording,
        answered: 'A short melody of single notes, a few seconds long, without noise behind it. Press play: the player seeks, and the wave shows where it is loud.',
      },
      {
        asked: 'How would I write such a tone in code?',
        answered: 'A tone is a sine wave, sample by sample:\n\n```ts\nconst rate = 24_000\nconst tone = (hertz: number, seconds: number) =>\n  Array.from({ length: rate * seconds }, (_, n) => Math.sin(2 * Math.PI * hertz * n / rate))\n```\n\nMultiply it by something that fades, and it sounds like a bell.',
      },
    ],
  },
  {
    name: 'film',
    title: 'Example: a short film',
    exchanges: [
      {
        asked: 'What happens in this film?',
        askedWith: jumping,
        answered: 'A yellow ball jumps three times from left to right, and each jump has its note:\n\n1. a low one,\n2. one in the middle,\n3. a high one.\n\n```mermaid\nflowchart LR\n  left -->|first jump| middle -->|second jump| right -->|third jump| end_[out of sight]\n```',
      },
    ],
  },
]

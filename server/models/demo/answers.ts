/** The demo model's longer texts. They tell the truth about the product: keep them so when it changes. */

export const helpAnswer = `## What to try

Say any of these; words in the message are enough.

| say | and see |
|---|---|
| **draw** a lighthouse at dusk | a tool that makes a picture, stored and shown |
| **edit** the picture: make it grey | a tool that changes the latest picture, or the one you attach |
| write a **haiku** and read it as a **sound** | a tool that makes a sound |
| what **time** is it | a harmless tool |
| **reason** about something | thoughts before the answer |
| **long** | tables, code, math and a diagram, 18 kB of it |
| **slow** | half a minute of writing: close the tab, come back, press stop |
| **busy** | a provider that refuses twice, then answers |
| **cut** | an answer that breaks off, and is tried again |
| **fail** | a refusal, told in words |
| **never** | silence, until you stop it or time runs out |
| **tokens** 500 at **rate** 100 | that many tiny tokens, at that speed |

Or attach a picture, a sound, a film or a document: I tell you what reached me.`

export const showcase = {
  thought: 'They want to see what this place can do. A list of features would be dull. Better to show: some writing, a picture, a sound, and the parts that stay invisible when all is well.',
  opening: `# A short tour

Answers are **Markdown**, drawn while they are written. Text can be *leaning*, \`exact\`, or ~~taken back~~, and lists can be ticked:

- [x] say hello
- [x] think first (the box above)
- [ ] draw something

Code keeps its colours:

\`\`\`ts
const answer = await streamReply({ model, history, signal })
console.log(\`\${answer.usage.outputTokens} tokens\`)
\`\`\`

Formulas are set properly. The chance that $n$ tries all fail, when each fails with $p$:

$$
P(\\text{all fail}) = p^{\\,n}, \\qquad \\sum_{k=0}^{n-1} p^k = \\frac{1 - p^n}{1 - p}
$$

And now a tool: I ask for a picture.

`,
  middle: `That file is stored like one you upload, in this conversation and nowhere else. Next, a sound.

`,
  end: `What you can't see is the better half:

\`\`\`mermaid
flowchart LR
  you([You]) -->|message| web[Web server]
  web -->|message + job, together| db[(Database)]
  db -->|job| worker[Worker]
  worker -->|pieces| db
  worker -->|pieces| web
  web --> you
\`\`\`

1. **Your message and its answer’s job are stored in one step.** Either both are there or neither.
2. **No page owns the answer.** Close the tab, switch to your phone: it goes on growing there.
3. **Stop works from anywhere**, and keeps what was written.

Try it: say **slow**, close this tab at once, and come back.`,
}

export const crashAnswer = `## How an answer survives a crash

Suppose the machine that writes your answer dies in the middle of a word. This is what happens, in order.

\`\`\`mermaid
sequenceDiagram
  participant You
  participant DB as Database
  participant A as Worker A
  participant B as Worker B
  You->>DB: message + empty answer + job (one transaction)
  A->>DB: takes the answer, epoch 1
  A-->>You: pieces 1, 2, 3 …
  A->>A: dies
  B->>DB: sees that A is gone
  B->>DB: takes the answer, epoch 2
  B-->>You: pieces 1, 2, 3 … anew
  B->>DB: done
\`\`\`

**Nothing hangs on a page.** What you sent was stored together with an empty answer and a job. From then on the answer belongs to the job; whether anybody watches makes no difference.

**A dead worker is noticed.** Each living worker holds a lock that vanishes with it. The others look twice a second; whoever finds an answer without a living writer puts it back in line. That takes less than three seconds.

**A number keeps order.** Each time an answer is taken, its *epoch* grows:

| epoch | writer | what becomes of its pieces |
|---:|---|---|
| 1 | Worker A | dropped as soon as epoch 2 is seen |
| 2 | Worker B | shown and stored |

If worker A was not dead but only slow, it wakes up to find its writes refused, and ends its call. So there is never a doubled word, and never two answers.

**It doesn’t try for ever.** After three tries the answer is marked as failed, says why, and waits for you with a button. And when a tool with effects had already run, it is not run again behind your back: you decide.

You can try it: say **slow**, then end the server with \`kill -9\` while I write, and start it again.`

const topics = ['tides', 'lenses', 'clocks', 'bridges', 'maps', 'bells', 'locks', 'sails', 'mirrors', 'wells', 'looms', 'kites', 'wheels', 'lamps', 'harbours', 'scales', 'letters', 'orchards', 'tunnels', 'stairs'] as const

const section = (topic: string, n: number) => `## ${n}. On ${topic}

There is more to ${topic} than one sees at first. People who work with them speak of *patience* before they speak of skill, and of **order** before either. This paragraph is long enough to wrap on every screen, so that you can watch how the lines settle while the next ones arrive, and whether the place where you read stays where it is.

| measure | first | second | change |
|---|---:|---:|---:|
| size | ${n * 12} | ${n * 17} | ${n * 5} |
| weight | ${n * 3}.5 | ${n * 4}.25 | ${n}.${n % 10} |
| doubt | ${100 - n} % | ${90 - n} % | −10 % |

\`\`\`python
def ${topic}(count: int = ${n}) -> list[int]:
    """The first ${topic}, by size."""
    return [size * ${n} for size in range(count) if size % 2 == 0]
\`\`\`

1. Look at the whole, then at a part.
   - If the part is sound, go on.
   - If it is not, say so.
2. Count to $${n}$; then $x_{${n}} = \\frac{${n} + \\sqrt{${n}}}{2}$.

$$
\\int_0^{${n}} x^2 \\, dx = \\frac{${n}^3}{3}
$$

> “Whoever hurries past ${topic} will meet them again.”

`

const diagram = `\`\`\`mermaid
flowchart TD
  question[A question] --> known{Known?}
  known -->|yes| answer[Say it]
  known -->|no| look[Look it up] --> known
\`\`\`

`

/** About 18 kB: every kind of block, many times. */
export const longAnswer = (): string =>
  `# ${topics.length} small things\n\nA long answer, with one of everything in each part.\n\n${topics.map((topic, at) => section(topic, at + 1) + (at === 0 ? diagram : '')).join('')}That was all of it.`

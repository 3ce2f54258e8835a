import { afterEach, expect, test, vi } from 'vitest'
import { openLineHighlighter } from '../../../utils/highlight.ts'

afterEach(() => { vi.restoreAllMocks() })

test('the first line of code has its colours, however long a slow device takes to learn the language', async () => {
  const highlighter = await openLineHighlighter('ts')
  // A fifth of a second goes by each time somebody looks at the clock.
  let now = Date.now()
  vi.spyOn(Date, 'now').mockImplementation(() => now += 200)
  const [line = []] = highlighter?.update('const answer = await ask({ model })') ?? []
  const colourOf = (text: string) => line.find(token => token.text === text)?.style['--light']
  expect(line.length).toBeGreaterThan(5)
  expect(colourOf('answer')).not.toBe(colourOf('const'))
})

test.each([
  ['bash', 'if [ -n "$name" ]; then echo "hello $name"; fi # greet'], ['c', 'int main(void) { return 0; } // end'], ['cpp', 'std::vector<int> few{1, 2}; // few'],
  ['css', '.note { color: red; }'], ['diff', '+ added'], ['go', 'func main() { fmt.Println("hello") }'], ['html', '<p class="note">Hello</p>'], ['java', 'public class Note { }'],
  ['json', '{ "name": "Ada", "age": 36 }'], ['markdown', '# Title'], ['php', '<?php echo "hello"; // greet'], ['python', 'def greet(name): return f"hello {name}"'],
  ['ruby', 'def greet(name) = "hello #{name}"'], ['rust', 'fn main() { println!("hello"); }'], ['sql', 'select name from person where age > 30'], ['swift', 'let name: String = "Ada"'],
  ['tsx', 'const Note = () => <p className="note">{text}</p>'], ['vue', '<template><p :class="note">{{ text }}</p></template>'], ['yaml', 'name: Ada # who'],
])('%s has its colours', async (language, code) => {
  const [line = []] = (await openLineHighlighter(language))?.update(code) ?? []
  expect(line.map(token => token.text).join('')).toBe(code)
  expect(new Set(line.map(token => token.style['--light'])).size).toBeGreaterThan(language === 'diff' || language === 'markdown' ? 0 : 1)
})

/** Lets the browser save what an address of ours gives, as clicking a link to it would. The name comes with the answer. */
export function saveFrom(address: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = ''
  link.click()
}

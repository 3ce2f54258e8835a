/** Lets the browser save what an address of ours gives, as clicking a link to it would. Without a name it takes the one that comes with the answer. */
export function saveFrom(address: string, name = ''): void {
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
}

// Identifiers out of names: what stands in addresses. Pure.

/** `Reggio Calabria` is `reggio-calabria`; one that is taken gets a number. Empty for a name without letters and digits. */
export function idOf(name: string, taken: readonly string[]): string {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const word = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 28).replace(/-+$/, '');
  if (word === '' || !taken.includes(word)) return word;
  for (let n = 2; ; n++) if (!taken.includes(`${word}-${n}`)) return `${word}-${n}`;
}

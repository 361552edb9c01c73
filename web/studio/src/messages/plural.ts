// Numbers in English texts.
export const count = new Intl.NumberFormat("en");

export const plural = (number: number, one: string, many: string) =>
  `${count.format(number)} ${number === 1 ? one : many}`;

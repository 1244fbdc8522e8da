export const name: string = 'from a .js specifier';

export type Operation = { readonly op: string };

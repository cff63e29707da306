/** A WGSL file, or a piece of one. A module is the concatenation of its parts. */
export interface ShaderPart {
  /** Path from the project's root, such as `shaders/optim/adamw.wgsl`. */
  readonly file: string;
  readonly code: string;
}

/** The module that the parts make up. */
export function join(parts: readonly ShaderPart[]): string {
  return parts.map(({ code }) => ended(code)).join("");
}

/** A compiler's message with the place in the part that it is about: `file:line:column: message` and the source line. */
export function explain(parts: readonly ShaderPart[], { lineNum, linePos, message: words }: Message): string {
  const message = words.trim(); // naga's is several lines, the first and the last of them empty
  let line = lineNum;
  for (const { file, code } of parts) {
    const lines = ended(code).split("\n");
    if (line >= 1 && line < lines.length) {
      return `${file}:${line}:${linePos}: ${message}\n  ${lines[line - 1]}\n  ${" ".repeat(Math.max(linePos - 1, 0))}^`;
    }
    line -= lines.length - 1;
  }
  return `${parts.map(({ file }) => file).join(" + ")}: ${message}`;
}

type Message = Pick<GPUCompilationMessage, "lineNum" | "linePos" | "message">;

const ended = (code: string): string => (code.endsWith("\n") ? code : `${code}\n`);

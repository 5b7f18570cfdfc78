// Every component is in runes mode.
export default {
  compilerOptions: { runes: true },
};

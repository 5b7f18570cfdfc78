// Which language the page speaks. It starts with the browser's, and remembers what a person chose.
import { en } from './en';
import { type Dictionary, it } from './it';

export const LANGUAGES = ['it', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

const NAME = 'regia-language';
const dictionaries: Record<Language, Dictionary> = { it, en };

/** The language to begin with: chosen before, else the first of the browser's that the pages speak, else English. */
export function firstLanguage(chosen: string | null, preferred: readonly string[]): Language {
  const known = (tag: string) => LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language);
  return known(chosen ?? '') ?? preferred.map(known).find((language) => language !== undefined) ?? 'en';
}

class Words {
  language = $state<Language>('it');

  /** The dictionary of the language that is spoken now. */
  get t(): Dictionary {
    return dictionaries[this.language];
  }

  /** Starts with the browser's language, or the one remembered. */
  begin(): void {
    this.#speak(firstLanguage(remembered(), navigator.languages));
  }

  /** Speaks a language from now on, also in later visits. */
  choose(language: Language): void {
    try {
      localStorage.setItem(NAME, language);
    } catch {
      // Without storage the choice lasts until the page is closed.
    }
    this.#speak(language);
  }

  #speak(language: Language): void {
    this.language = language;
    document.documentElement.lang = language;
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null;
  }
}

/** The words of this page. */
export const words = new Words();

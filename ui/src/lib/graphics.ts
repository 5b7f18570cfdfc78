// Templates and their fields as pages offer them. Pure.
import type { Language } from '../i18n/i18n.svelte';
import type { Field, Graphic, MediaItem, Template } from './protocol';

/** A template's name for people. */
export const templateName = (template: Template, language: Language): string => (language === 'it' ? template.name : template.name_en);

/** A field's label for people. */
export const fieldLabel = (field: Field, language: Language): string => (language === 'it' ? field.label : field.label_en);

/** A graphic's name for people: its template's, and the first thing that it says. */
export function graphicName(graphic: Graphic, templates: readonly Template[], language: Language): string {
  const template = templates.find(({ id }) => id === graphic.template);
  const name = template === undefined ? graphic.template : templateName(template, language);
  const said = graphicText(graphic, template);
  return said === '' ? name : `${name}: ${said}`;
}

/** The first thing that a graphic says. */
export function graphicText({ fields = {} }: Graphic, template: Template | undefined): string {
  const texts = template?.fields.filter(({ kind }) => kind.kind === 'text').map(({ id }) => id) ?? Object.keys(fields);
  return texts.map((id) => (fields[id] ?? '').trim()).find((text) => text !== '') ?? '';
}

/** A template with nothing filled in but what it says itself. */
export function emptyGraphic({ id, fields }: Template): Graphic {
  const filled = fields.flatMap(({ id: field, kind }) => (kind.kind === 'colour' ? [[field, kind.default]] : []));
  return { template: id, fields: Object.fromEntries(filled) as Record<string, string> };
}

/** What is sent: without space around texts, and without fields that are empty. */
export function tidy({ template, fields = {} }: Graphic): Graphic {
  const filled = Object.entries(fields).map(([id, value]) => [id, value.trim()] as const);
  return { template, fields: Object.fromEntries(filled.filter(([, value]) => value !== '')) };
}

/** What keeps a field's value from being taken. */
export type FieldFlaw = 'required' | 'long' | 'time' | 'image';

/** As the server judges it. */
export function fieldFlaw({ kind, required }: Field, value: string, stills: readonly MediaItem[]): FieldFlaw | null {
  const said = value.trim();
  if (said === '') return required ? 'required' : null;
  switch (kind.kind) {
    case 'text':
      return [...said].length > kind.longest ? 'long' : null;
    case 'time':
      return /^\d\d(:[0-5]\d){1,2}$/.test(said) ? null : 'time';
    case 'image':
      return stills.some(({ id }) => id === said) ? null : 'image';
    case 'colour':
      return null;
  }
}

/** Whether a graphic can be sent: its template is there, and every field is as it takes it. */
export function isGood(graphic: Graphic, templates: readonly Template[], stills: readonly MediaItem[]): boolean {
  const template = templates.find(({ id }) => id === graphic.template);
  return template?.fields.every((field) => fieldFlaw(field, graphic.fields?.[field.id] ?? '', stills) === null) ?? false;
}

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';

/** One element of a TwiML document. */
export interface TwimlElement {
  name: string;
  attributes: Record<string, string>;
  children: TwimlElement[];
  /** The text directly inside it, white space folded. */
  text: string;
}

/** Twilio's debugger code for a document that it cannot parse. */
const DOCUMENT_PARSE_FAILURE = 12100;
const INVALID_ROOT = 12102;

/** A document that cannot be run. */
export class BadTwiml extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

const ATTRIBUTES = ':@';
const TEXT = '#text';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: true,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

const node = z.record(z.string(), z.unknown());
const attributes = z.record(z.string(), z.string());

/**
 * The verbs of a TwiML document, in order.
 * @throws BadTwiml with Twilio's code
 */
export function parseTwiml(xml: string): TwimlElement[] {
  const document = xml.trim();
  if (document.includes('<!DOCTYPE')) {
    throw new BadTwiml(DOCUMENT_PARSE_FAILURE, 'The document has a DOCTYPE, which TwiML does not know.');
  }
  const validity = XMLValidator.validate(document);
  if (validity !== true) {
    throw new BadTwiml(
      DOCUMENT_PARSE_FAILURE,
      `The document is not XML: ${validity.err.msg} Line ${validity.err.line}.`,
    );
  }
  const parsed: unknown = parser.parse(document);
  const roots = toElements(parsed).elements;
  const root = roots[0];
  if (roots.length !== 1 || root?.name !== 'Response') {
    throw new BadTwiml(INVALID_ROOT, 'The document has no <Response> as its only root.');
  }
  return root.children;
}

function toElements(nodes: unknown): { elements: TwimlElement[]; text: string } {
  const elements: TwimlElement[] = [];
  let text = '';
  for (const each of z.array(node).parse(nodes)) {
    const name = Object.keys(each).find((key) => key !== ATTRIBUTES);
    if (name === undefined) continue;
    if (name === TEXT) {
      text += String(each[TEXT] as string | number);
      continue;
    }
    const inside = toElements(each[name]);
    elements.push({
      name,
      attributes: attributes.parse(each[ATTRIBUTES] ?? {}),
      children: inside.elements,
      text: inside.text,
    });
  }
  return { elements, text: text.split(/\s+/u).filter(Boolean).join(' ') };
}

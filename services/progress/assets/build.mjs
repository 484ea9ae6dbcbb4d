// What the pages take from npm, made small: `node build.mjs <templates> <built>`. KERN's rules that our templates use, in a
// cascade layer of their own, so that ours win without tricks; and three weights of its font with the letters of our languages,
// for browsers and, as TrueType with Greek and Cyrillic names too, for pictures that are drawn here.
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [templates, built] = process.argv.slice(2);
// From where it was installed, which need not be beside this file.
const require = createRequire(join(process.cwd(), 'package.json'));
const { PurgeCSS } = require('purgecss');
const subset = require('subset-font');

const WEIGHTS = ['Regular', 'Medium', 'SemiBold'];
const FEATURES = ['kern', 'tnum', 'lnum', 'pnum', 'liga', 'ccmp', 'locl', 'mark'];

// Latin with the accents of our neighbours, punctuation with U+2011 and U+202F, arrows and the signs of the tiles.
const FURTHER = [[0x180, 0x24f], [0x370, 0x3ff], [0x400, 0x52f], [0x1e00, 0x1eff]];

function letters(more = []) {
  const spans = [...more, [0x20, 0x7e], [0xa0, 0x17f], [0x2010, 0x2027], [0x2030, 0x203a], [0x2190, 0x2193]];
  const single = [0x202f, 0x20ac, 0x2122, 0x2212, 0x2713, 0x25b6, 0x25bc, 0x25cb, 0x25cf, 0x25d0];
  const codes = spans.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, n) => from + n));
  return String.fromCodePoint(...codes, ...single);
}

async function kern() {
  const source = require.resolve('@kern-ux/native/dist/kern.css');
  const whole = await readFile(source, 'utf8');
  const names = (await readdir(templates)).filter((name) => name.endsWith('.html'));
  const [purged] = await new PurgeCSS().purge({
    content: names.map((name) => join(templates, name)),
    css: [{ raw: whole }],
    variables: false,
    safelist: { standard: ['dark', 'light', 'body'], deep: [/kern-level/, /data-kern-theme/], greedy: [/kern-level/] },
  });
  // It sets every "-contextual" colour. PurgeCSS throws it away; without it text in dark is black on black.
  const contextual = whole.match(/:is\(body,[^{]*\{[^}]*\}/);
  if (!contextual) throw new Error('KERN no longer sets its contextual colours as it did: see whether PurgeCSS keeps them now');
  const rules = (purged.css + contextual[0])
    .replace(/@charset "[^"]*";/g, '')
    .replace(/@font-face\s*\{[^}]*\}/g, '')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,>]) ?/g, '$1')
    .replace(/: /g, ':');
  return `@layer kern{${rules}}\n`;
}

await rm(`${built}.new`, { recursive: true, force: true });
await mkdir(`${built}.new`, { recursive: true });
await writeFile(join(`${built}.new`, 'kern.css'), await kern());
for (const weight of WEIGHTS) {
  const font = await readFile(require.resolve(`@kern-ux/native/dist/fonts/fira-sans/FiraSans-${weight}.woff2`));
  const small = await subset(font, letters(), { targetFormat: 'woff2', keepFeatures: FEATURES, noHinting: true });
  await writeFile(join(`${built}.new`, `fira-${weight.toLowerCase()}.woff2`), small);
  // With the name of its whole family (16), by which whoever draws finds the weights together.
  const family = { preserveNameIds: [16, 17], keepFeatures: FEATURES, noHinting: true };
  const drawn = await subset(font, letters(FURTHER), { targetFormat: 'sfnt', ...family });
  await writeFile(join(`${built}.new`, `fira-${weight.toLowerCase()}.ttf`), drawn);
}
await rm(built, { recursive: true, force: true });
await rename(`${built}.new`, built);

import { expect, test } from 'vitest';
import { mixedScripts } from '../../main/model/mixed-scripts.ts';

test.each([
  ['раyments-prod-eu', 'р, а are Cyrillic'],
  ['prоd', 'о is Cyrillic'],
  ['αpay', 'α is Greek'],
  ['pаυments', 'а is Cyrillic; υ is Greek'],
  // Words of nothing but letters that look like Latin ones, beside Latin ones.
  ['сос-prod', 'с, о are Cyrillic'],
  ['РОС eu', 'Р, О, С are Cyrillic'],
  ['qԁуерх', 'ԁ, у, е, р, х are Cyrillic'],
  ['prod-ᏢᏒ', undefined],
  ['proᏧ', 'Ꮷ is Cherokee'],
])('%s: %s', (title, wanted) => {
  expect(mixedScripts(title)).toBe(wanted);
});

test.each([
  'payments-prod-eu',
  'café münchen',
  'платежи-prod',
  'сервер1',
  '東京クラスタprod',
  'ひらがなとカタカナ',
  '结算-prod',
  '한국prod',
  '한국韓國',
  'ได้prod',
  'חשבון prod',
  'λ-prod',
  '🚀 prod ⚠️',
  '',
])('%s is as languages are written', (title) => {
  expect(mixedScripts(title)).toBeUndefined();
});
